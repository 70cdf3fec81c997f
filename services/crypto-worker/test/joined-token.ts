import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TokenPlace } from '../src/pool/open-token.ts';

const run = promisify(execFile);
const MODULE = '/usr/lib/softhsm/libsofthsm2.so';
const JOIN = join(import.meta.dirname, '../../../libs/ceremony/src/join-token.ts');
const REGION = 'us-east-1';

/** A SoftHSM token that has joined a root set of its own, and the environment of processes that open it. */
export interface JoinedToken {
  readonly place: TokenPlace;
  readonly environment: NodeJS.ProcessEnv;
}

/** Makes a token in a folder and lets it join: SoftHSM reads its configuration once a process, so another process does it. */
export async function joinedToken(folder: string): Promise<JoinedToken> {
  mkdirSync(join(folder, 'tokens'), { recursive: true });
  const conf = join(folder, 'softhsm2.conf');
  writeFileSync(conf, `directories.tokendir = ${join(folder, 'tokens')}\nobjectstore.backend = file\nlog.level = ERROR\n`);
  const environment = { ...process.env, SOFTHSM2_CONF: conf };
  const label = 'worker';
  const pinFile = join(folder, 'token.pin');
  const named = { region: REGION, package: join(folder, 'root.json'), operator: join(folder, 'operator.json'), 'token-label': label };
  const flags = Object.entries({ ...named, 'pin-file': pinFile, module: MODULE }).flatMap(([name, value]) => [`--${name}`, value]);
  await run(process.execPath, [JOIN, ...flags, '--genesis'], { env: environment });
  return { place: { modulePath: MODULE, label, pinFile, region: REGION, group: undefined }, environment };
}

/** Runs a script that prints one JSON value in the token's environment. */
export async function runInToken(script: string, { place, environment }: JoinedToken, ...args: readonly string[]): Promise<unknown> {
  const { stdout } = await run(process.execPath, [script, JSON.stringify(place), ...args], {
    env: environment,
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout) as unknown;
}
