import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fetchPythonPackages } from '@trent/local-cluster';

const run = promisify(execFile);
const requirements = join(import.meta.dirname, '..', 'e2e', 'clients', 'requirements.txt');

/** What Python's `cryptography` says of a public key, and what it encapsulates for one of ML-KEM. */
export interface PythonVerdict {
  /** Whether it writes the key as we do. */
  readonly same: boolean;
  readonly type: string;
  /** Base64. */
  readonly secret?: string;
  readonly ciphertext?: string;
}

/**
 * Lets Python judge a public key with a message and its signature, or encapsulate for it; all Base64.
 * @throws Error when it does not read the key or the signature does not hold
 */
export async function pythonVerdict(publicKey: string, ...claim: readonly string[]): Promise<PythonVerdict> {
  const python = await fetchPythonPackages(requirements);
  const { stdout } = await run(python.program, [join(import.meta.dirname, 'verify.py'), publicKey, ...claim], {
    env: { PATH: process.env['PATH'], ...python.env },
  });
  return JSON.parse(stdout) as PythonVerdict;
}
