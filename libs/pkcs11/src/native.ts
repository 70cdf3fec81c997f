import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Mechanism } from './mechanism.ts';
import type { CompiledTemplate, RawValue } from './template.ts';

type Bytes = Uint8Array;
type Job<A, B, Result> = {
  (onPool: false, session: number, mechanism?: Mechanism, keyA?: number, keyB?: number, a?: A, b?: B): Result | number;
  (onPool: true, session: number, mechanism?: Mechanism, keyA?: number, keyB?: number, a?: A, b?: B): Promise<Result | number>;
};

/** The functions of native/*.c, bound to one module. A negative number is a failed return value. */
export interface NativeModule {
  readonly encrypt: Job<Bytes, undefined, Buffer>;
  readonly decrypt: Job<Bytes, undefined, Buffer>;
  readonly sign: Job<Bytes, undefined, Buffer>;
  readonly verify: Job<Bytes, Bytes, boolean>;
  readonly generateKey: Job<CompiledTemplate, undefined, number>;
  readonly generateKeyPair: Job<CompiledTemplate, CompiledTemplate, [number, number]>;
  readonly createObject: Job<CompiledTemplate, undefined, number>;
  readonly copyObject: Job<CompiledTemplate, undefined, number>;
  readonly destroyObject: Job<undefined, undefined, number>;
  readonly setAttributes: Job<CompiledTemplate, undefined, number>;
  readonly wrapKey: Job<undefined, undefined, Buffer>;
  readonly unwrapKey: Job<CompiledTemplate, Bytes, number>;
  readonly deriveKey: Job<CompiledTemplate, undefined, number>;
  readonly encapsulateKey: Job<CompiledTemplate, undefined, [Buffer, number]>;
  readonly decapsulateKey: Job<CompiledTemplate, Bytes, number>;
  readonly findObjects: Job<CompiledTemplate, undefined, number[]>;
  readonly login: Job<Bytes, undefined, number>;
  readonly initPin: Job<Bytes, undefined, number>;
  gcmEncrypt(session: number, key: number, iv: Bytes, aad: Bytes, plaintext: Bytes, out: Bytes): number;
  gcmDecrypt(session: number, key: number, iv: Bytes, aad: Bytes, ciphertext: Bytes, out: Bytes): number;
  hmacSign(session: number, mechanism: number, key: number, data: Bytes, out: Bytes): number;
  randomFill(session: number, out: Bytes): number;
  kernelRandom(out: Bytes): number;
  getAttributes(session: number, object: number, types: readonly number[]): RawValue[] | number;
  getInfo():
    | {
        manufacturer: Buffer;
        description: Buffer;
        libraryMajor: number;
        libraryMinor: number;
        cryptokiMajor: number;
        cryptokiMinor: number;
      }
    | number;
  listSlots(): number[] | number;
  slotInfo(slot: number): { description: Buffer; manufacturer: Buffer; flags: number } | number;
  tokenInfo(slot: number): { label: Buffer; manufacturer: Buffer; model: Buffer; serialNumber: Buffer; flags: number } | number;
  mechanismList(slot: number): number[] | number;
  mechanismInfo(slot: number, type: number): { minKeySize: number; maxKeySize: number; flags: number } | number;
  initToken(slot: number, soPin: Bytes, paddedLabel: Bytes): number;
  openSession(slot: number, flags: number): number;
  closeSession(session: number): number;
  sessionInfo(session: number): { slot: number; state: number; flags: number; deviceError: number } | number;
  logout(session: number): number;
  finalize(): number;
}

interface Addon {
  load(path: string, libraryParameters?: string): NativeModule | number;
}

/** The built addon: beside the bundle in an image, in build/ in the workspace. */
export function loadAddon(): Addon {
  const places = [join(import.meta.dirname, 'pkcs11.node'), join(import.meta.dirname, '../build/pkcs11.node')];
  const place = places.find((path) => existsSync(path));
  if (place === undefined) throw new Error('the PKCS#11 addon is not built: run `node libs/pkcs11/build.ts`');
  return createRequire(import.meta.url)(place) as Addon;
}
