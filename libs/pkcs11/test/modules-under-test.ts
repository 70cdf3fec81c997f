import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CKU, openModule, softhsm, softokn } from '../src/index.ts';
import type { Dialect, Module } from '../src/index.ts';

/** A module of this machine and how a fresh token is made in a folder of its own. */
export interface ModuleUnderTest {
  readonly dialect: Dialect;
  readonly path: string;
  /** Environment of the process that opens the module. */
  prepare(folder: string): Record<string, string>;
  /** Opens the module and makes a token with the PIN; answers its slot. */
  open(folder: string, pin: Buffer): { module: Module; slot: number };
}

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
    return { module, slot: module.createToken('conformance', soPin, pin).slot };
  },
};

const softoknUnderTest: ModuleUnderTest = {
  dialect: softokn,
  path: `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/libsoftokn3.so`,
  prepare: (folder) => {
    mkdirSync(folder, { recursive: true });
    return {};
  },
  open: (folder, pin) => {
    const libraryParameters = `configdir='sql:${folder}' certPrefix='' keyPrefix='' secmod='secmod.db' flags=createifneeded`;
    const module = openModule({ path: softoknUnderTest.path, libraryParameters });
    const database = module.tokens().find((token) => token.label.includes('Certificate DB'));
    if (database === undefined) throw new Error('softokn shows no database token');
    const session = module.openSession(database.slot, { readWrite: true });
    session.login(CKU.SO, Buffer.alloc(0));
    session.initPin(pin);
    session.logout();
    session.close();
    return { module, slot: database.slot };
  },
};

/** Every module that the conformance suite runs against. */
export const modulesUnderTest: readonly ModuleUnderTest[] = [softhsmUnderTest, softoknUnderTest];
