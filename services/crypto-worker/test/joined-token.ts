import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TokenPlace } from '../src/pool/open-token.ts';

const run = promisify(execFile);
const MODULE = '/usr/lib/softhsm/libsofthsm2.so';
const JOIN = join(import.meta.dirname, '../../../libs/ceremony/src/join-token.ts');
const REGION = 'us-east-1';
const OTHER_REGION = 'eu-west-1';
const GROUP = 'global';

/** A SoftHSM token that has joined root sets of its own, of two regions and their group, and the environment of processes that open it. */
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
  const file = (name: string): string => join(folder, `${name}.json`);
  for (const region of [REGION, OTHER_REGION]) {
    const named = { region, package: file(region), group: GROUP, 'group-package': file(GROUP), operator: file('operator') };
    const token = { 'token-label': label, 'pin-file': pinFile, module: MODULE };
    const flags = Object.entries({ ...named, ...token }).flatMap(([name, value]) => [`--${name}`, value]);
    await run(process.execPath, [JOIN, ...flags, '--genesis'], { env: environment });
  }
  return { place: { modulePath: MODULE, label, pinFile, region: REGION, group: GROUP }, environment };
}

/** Runs a script that prints one JSON value in the token's environment. */
export async function runInToken(script: string, { place, environment }: JoinedToken, ...args: readonly string[]): Promise<unknown> {
  const { stdout } = await run(process.execPath, [script, JSON.stringify(place), ...args], {
    env: environment,
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout) as unknown;
}
