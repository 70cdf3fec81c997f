import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fetchSoftokn, softoknFolder } from '@trent/local-cluster';
import { nssParameters } from '@trent/pkcs11';
import type { TokenPlace } from '../src/pool/open-token.ts';

const run = promisify(execFile);
const MODULE = '/usr/lib/softhsm/libsofthsm2.so';
const JOIN = join(import.meta.dirname, '../../../libs/ceremony/src/join-token.ts');
const REGION = 'us-east-1';
const OTHER_REGION = 'eu-west-1';
const GROUP = 'global';

/** A token that has joined root sets of its own, of two regions and their group, and the environment of processes that open it. */
export interface JoinedToken {
  readonly place: TokenPlace;
  readonly environment: NodeJS.ProcessEnv;
}

/** A module, and how its token is told to a process. */
interface ModulePlace {
  readonly modulePath: string;
  readonly moduleParameters?: string;
  readonly environment: Record<string, string>;
}

const LABEL = 'worker';

function softHsm(folder: string): ModulePlace {
  mkdirSync(join(folder, 'tokens'), { recursive: true });
  const conf = join(folder, 'softhsm2.conf');
  writeFileSync(conf, `directories.tokendir = ${join(folder, 'tokens')}\nobjectstore.backend = file\nlog.level = ERROR\n`);
  return { modulePath: MODULE, environment: { SOFTHSM2_CONF: conf } };
}

/** NSS of a newer Debian, fetched if it must be: a module with Ed25519, ML-DSA and ML-KEM. */
export async function softokn(folder: string): Promise<ModulePlace> {
  const modulePath = await fetchSoftokn();
  const database = join(folder, 'nss');
  mkdirSync(database, { recursive: true });
  return { modulePath, moduleParameters: nssParameters(database, LABEL), environment: { LD_LIBRARY_PATH: softoknFolder() } };
}

/** Makes a token in a folder and lets it join: SoftHSM reads its configuration once a process, so another process does it. */
export async function joinedToken(folder: string, module: ModulePlace = softHsm(folder)): Promise<JoinedToken> {
  const { modulePath, moduleParameters } = module;
  const environment = { ...process.env, ...module.environment };
  const pinFile = join(folder, 'token.pin');
  const file = (name: string): string => join(folder, `${name}.json`);
  for (const region of [REGION, OTHER_REGION]) {
    const named = { region, package: file(region), group: GROUP, 'group-package': file(GROUP), operator: file('operator') };
    const settings = moduleParameters === undefined ? {} : { 'module-parameters': moduleParameters };
    const token = { 'token-label': LABEL, 'pin-file': pinFile, module: modulePath, ...settings };
    const flags = Object.entries({ ...named, ...token }).flatMap(([name, value]) => [`--${name}`, value]);
    await run(process.execPath, [JOIN, ...flags, '--genesis'], { env: environment });
  }
  return { place: { modulePath, moduleParameters, label: LABEL, pinFile, region: REGION, group: GROUP }, environment };
}

/** Runs a script that prints one JSON value in the token's environment. */
export async function runInToken(script: string, { place, environment }: JoinedToken, ...args: readonly string[]): Promise<unknown> {
  const { stdout } = await run(process.execPath, [script, JSON.stringify(place), ...args], {
    env: environment,
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout) as unknown;
}
