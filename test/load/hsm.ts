import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { softHsmModulePath } from '@trent/local-cluster';
import type { ClusterAccess } from './cluster-access.ts';
import { permittedKey } from './targets/worker.ts';
import type { HsmFigures, HsmJob } from './hsm-process.ts';

const joinScript = join(import.meta.dirname, '..', '..', 'libs', 'ceremony', 'src', 'join-token.ts');
const hsmScript = join(import.meta.dirname, 'hsm-process.ts');
const LABEL = 'load';

/**
 * A token of the tools' own that has joined the region's root set, so that it opens the same backing keys as the workers' do. Its work is done in
 * a process of its own, because SoftHSM reads SOFTHSM2_CONF once.
 */
export interface OwnToken {
  /** Ciphertexts of the key, each under a message key that no worker has derived: what as many other workers would have made. */
  coldCiphertexts(count: number): Promise<Buffer[]>;
  /** What the PKCS#11 calls of the operations cost without anything around them. */
  raw(secondsEach: number): Promise<HsmFigures>;
}

/** Joins the token (once a cluster) and asks policy for the key's wrapped form. */
export async function openOwnToken(access: ClusterAccess, keyArn: string): Promise<OwnToken> {
  const { tokens } = access.folder;
  const folder = join(tokens, LABEL);
  const conf = join(folder, 'softhsm2.conf');
  const pinFile = join(folder, 'pin');
  mkdirSync(join(folder, 'tokens'), { recursive: true, mode: 0o700 });
  if (!existsSync(conf))
    writeFileSync(conf, `directories.tokendir = ${join(folder, 'tokens')}\nobjectstore.backend = file\nlog.level = ERROR\n`);
  const { token } = await permittedKey(access.worker, keyArn);
  const modulePath = softHsmModulePath();
  if (modulePath === undefined) throw new Error('SoftHSM is not installed: npm run up installs it');
  const place = { region: access.region, modulePath, label: LABEL, pinFile };
  await runNode(joinScript, conf, [
    ...['--region', access.region, '--package', join(tokens, `root-package-${access.region}.json`)],
    ...['--operator', join(tokens, 'operator.json'), '--token-label', LABEL, '--pin-file', pinFile, '--module', modulePath],
  ]);
  const ask = async (job: HsmJob): Promise<string> => runNode(hsmScript, conf, [JSON.stringify(job)]);
  const common = { ...place, token: token.toString('base64') };
  return {
    coldCiphertexts: async (count) => {
      const lines = await ask({ ...common, kind: 'ciphertexts', count });
      return lines
        .trim()
        .split('\n')
        .map((line) => Buffer.from(line, 'base64'));
    },
    raw: async (secondsEach) => JSON.parse(await ask({ ...common, kind: 'raw', secondsEach })) as HsmFigures,
  };
}

/** Runs a script to its end. @returns what it printed @throws Error its last words */
function runNode(script: string, softHsmConf: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, ...args], {
      env: { ...process.env, SOFTHSM2_CONF: softHsmConf },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(Buffer.concat(out).toString());
      else reject(new Error(`${script} ended with ${String(code)}: ${Buffer.concat(err).toString().trim()}`));
    });
  });
}
