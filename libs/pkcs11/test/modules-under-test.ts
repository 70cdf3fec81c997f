import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { nssParameters, openModule, softhsm, softokn, softoknPostQuantum } from '../src/index.ts';
import type { Dialect, Module } from '../src/index.ts';

/** A module of this machine and how a fresh token is made in a folder of its own. */
export interface ModuleUnderTest {
  readonly dialect: Dialect;
  readonly path: string;
  /** Fetches the module if no package of this Debian brings it. @returns environment of the process that opens it */
  prepare(folder: string): Record<string, string>;
  /** Opens the module and makes a token with the PIN; answers its slot. */
  open(folder: string, pin: Buffer): { module: Module; slot: number };
}

const label = 'conformance';
const soPin = Buffer.from('the officer');

const softhsmUnderTest: ModuleUnderTest = {
  dialect: softhsm,
  path: '/usr/lib/softhsm/libsofthsm2.so',
  prepare: (folder) => {
    mkdirSync(join(folder, 'tokens'), { recursive: true });
    const configuration = join(folder, 'softhsm2.conf');
    writeFileSync(configuration, `directories.tokendir = ${join(folder, 'tokens')}\nobjectstore.backend = file\nlog.level = ERROR\n`);
    return { SOFTHSM2_CONF: configuration };
  },
  open: (_folder, pin) => {
    const module = openModule({ path: softhsmUnderTest.path });
    return { module, slot: module.createToken(label, soPin, pin).slot };
  },
};

/** NSS of some version, with a database of its own in the folder. */
function nss(dialect: Dialect, path: string, environment: () => Record<string, string> = () => ({})): ModuleUnderTest {
  return {
    dialect,
    path,
    prepare: (folder) => {
      mkdirSync(folder, { recursive: true });
      return environment();
    },
    open: (folder, pin) => {
      const libraryParameters = nssParameters(folder, label);
      const module = openModule({ path, libraryParameters });
      return { module, slot: module.createToken(label, soPin, pin).slot };
    },
  };
}

const ofThisDebian = nss(softokn, `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/libsoftokn3.so`);

/** By a program, because the local cluster's library stands above this one. */
const fetchSoftokn = join(import.meta.dirname, '../../local-cluster/src/install/fetch-softokn.ts');
/** Found by its name in LD_LIBRARY_PATH, beside the libraries that it loads itself. */
const ofANewerDebian = nss(softoknPostQuantum, 'libsoftokn3.so', () => ({
  LD_LIBRARY_PATH: dirname(execFileSync(process.execPath, [fetchSoftokn], { encoding: 'utf8' })),
}));

/** Every module that the conformance suite runs against. */
export const modulesUnderTest: readonly ModuleUnderTest[] = [softhsmUnderTest, ofThisDebian, ofANewerDebian];
