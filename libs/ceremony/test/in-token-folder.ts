import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const modulePath = '/usr/lib/softhsm/libsofthsm2.so';

/** A SoftHSM configuration with a token folder of its own; answers the environment that names it. */
export function aTokenFolder(parent: string, name: string, extra = ''): Record<string, string> {
  const tokens = join(parent, `tokens-${name}`);
  mkdirSync(tokens, { recursive: true });
  const configuration = join(parent, `softhsm2-${name}.conf`);
  writeFileSync(configuration, `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n${extra}`);
  return { SOFTHSM2_CONF: configuration };
}

/** How a child process ended. */
export interface Ending {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script in a process of its own. */
export async function runScript(script: string, args: readonly string[], environment: Record<string, string>): Promise<Ending> {
  const options = { env: { ...process.env, ...environment }, maxBuffer: 1 << 24 };
  try {
    return { exitCode: 0, ...(await promisify(execFile)(process.execPath, [script, ...args], options)) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { exitCode: code, stdout, stderr };
  }
}
