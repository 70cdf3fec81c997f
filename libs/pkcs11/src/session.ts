import { checked } from './errors.ts';
import { handle, pair } from './handles.ts';
import type { KeyPair, ObjectHandle } from './handles.ts';
import type { Mechanism } from './mechanism.ts';
import type { NativeModule } from './native.ts';
import { PoolOperations } from './pool-operations.ts';
import { attributes, compileTemplate, decodeTemplate, laidOut } from './template.ts';
import type { AnyTemplate, AttributeName, Template } from './template.ts';

/** What C_GetSessionInfo says. `state` is CKS_*: 2 to 4 read-write (public, user, SO). */
export interface SessionInfo {
  readonly slot: number;
  readonly state: number;
  readonly flags: number;
  readonly deviceError: number;
}

/**
 * A PKCS#11 session. Its methods run inline, one crossing each; `onPool` has the slow ones on libuv's threads.
 * A session carries one operation at a time: while one is on the pool, every other call throws. Failures are
 * Pkcs11Error.
 */
export class Session {
  readonly handle: number;
  readonly slot: number;
  /** The slow operations, off the event loop. */
  readonly onPool: PoolOperations;
  readonly #native: NativeModule;
  #busy = false;

  /** Made by Module.openSession. */
  constructor(native: NativeModule, slot: number, handle: number) {
    this.#native = native;
    this.slot = slot;
    this.handle = handle;
    this.onPool = new PoolOperations(native, handle, (work) => this.#occupy(work));
  }

  /** CKU_SO or CKU_USER; the PIN is not kept. */
  login(user: number, pin: Uint8Array): void {
    checked(this.#free().login(false, this.handle, undefined, user, 0, pin), 'login');
  }

  logout(): void {
    checked(this.#free().logout(this.handle), 'logout');
  }

  /** Sets the user's PIN; the security officer must be logged in. */
  initPin(pin: Uint8Array): void {
    checked(this.#free().initPin(false, this.handle, undefined, 0, 0, pin), 'initPin');
  }

  info(): SessionInfo {
    return checked(this.#free().sessionInfo(this.handle), 'sessionInfo');
  }

  close(): void {
    checked(this.#free().closeSession(this.handle), 'closeSession');
  }

  /**
   * AES-GCM with a 128-bit tag at the end (NIST SP 800-38D). `out` needs plaintext + 16 bytes.
   * @returns bytes written to `out`
   */
  encryptGcm(key: ObjectHandle, iv: Uint8Array, aad: Uint8Array, plaintext: Uint8Array, out: Uint8Array): number {
    return checked(this.#free().gcmEncrypt(this.handle, key, iv, aad, plaintext, out), 'encryptGcm');
  }

  /**
   * AES-GCM of ciphertext and tag. `out` needs the length of both (SoftHSM asks for it) and is wiped on failure.
   * Modules name a wrong tag differently (SoftHSM: CKR_GENERAL_ERROR): decide by the call, not by the code.
   * @returns bytes written to `out`
   */
  decryptGcm(key: ObjectHandle, iv: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array, out: Uint8Array): number {
    return checked(this.#free().gcmDecrypt(this.handle, key, iv, aad, ciphertext, out), 'decryptGcm');
  }

  /** HMAC into `out`, which holds the whole tag. Returns its length. */
  signHmac(mechanism: number, key: ObjectHandle, data: Uint8Array, out: Uint8Array): number {
    return checked(this.#free().hmacSign(this.handle, mechanism, key, data, out), 'signHmac');
  }

  /** Fills the buffer from the token's random generator. */
  randomFill(out: Uint8Array): void {
    checked(this.#free().randomFill(this.handle, out), 'random');
  }

  /** Fills up to 256 bytes from the kernel's generator, getrandom(2): a third of what reading /dev/urandom costs. */
  kernelRandom(out: Uint8Array): void {
    this.#native.kernelRandom(out);
  }

  encrypt(mechanism: Mechanism, key: ObjectHandle, plaintext: Uint8Array): Buffer {
    return checked(this.#free().encrypt(false, this.handle, mechanism, key, 0, plaintext), 'encrypt');
  }

  decrypt(mechanism: Mechanism, key: ObjectHandle, ciphertext: Uint8Array): Buffer {
    return checked(this.#free().decrypt(false, this.handle, mechanism, key, 0, ciphertext), 'decrypt');
  }

  sign(mechanism: Mechanism, key: ObjectHandle, data: Uint8Array): Buffer {
    return checked(this.#free().sign(false, this.handle, mechanism, key, 0, data), 'sign');
  }

  /** False for a signature that does not fit; other failures throw. */
  verify(mechanism: Mechanism, key: ObjectHandle, data: Uint8Array, signature: Uint8Array): boolean {
    return checked(this.#free().verify(false, this.handle, mechanism, key, 0, data, signature), 'verify');
  }

  generateKey(mechanism: Mechanism, template: AnyTemplate): ObjectHandle {
    const native = this.#free();
    return handle(native.generateKey(false, this.handle, mechanism, 0, 0, laidOut(template)), 'generateKey');
  }

  generateKeyPair(mechanism: Mechanism, publicKey: AnyTemplate, privateKey: AnyTemplate): KeyPair {
    const [a, b] = [laidOut(publicKey), laidOut(privateKey)];
    return pair(this.#free().generateKeyPair(false, this.handle, mechanism, 0, 0, a, b));
  }

  /** The template may carry a secret: its layout is wiped afterwards. */
  createObject(template: Template): ObjectHandle {
    const compiled = compileTemplate(template);
    const created = this.#free().createObject(false, this.handle, undefined, 0, 0, compiled);
    compiled.fill(0);
    return handle(created, 'createObject');
  }

  copyObject(object: ObjectHandle, template: AnyTemplate): ObjectHandle {
    const native = this.#free();
    return handle(native.copyObject(false, this.handle, undefined, object, 0, laidOut(template)), 'copyObject');
  }

  destroyObject(object: ObjectHandle): void {
    checked(this.#free().destroyObject(false, this.handle, undefined, object), 'destroyObject');
  }

  wrapKey(mechanism: Mechanism, wrappingKey: ObjectHandle, key: ObjectHandle): Buffer {
    return checked(this.#free().wrapKey(false, this.handle, mechanism, wrappingKey, key), 'wrapKey');
  }

  unwrapKey(mechanism: Mechanism, key: ObjectHandle, wrapped: Uint8Array, template: AnyTemplate): ObjectHandle {
    const native = this.#free();
    return handle(native.unwrapKey(false, this.handle, mechanism, key, 0, laidOut(template), wrapped), 'unwrapKey');
  }

  deriveKey(mechanism: Mechanism, baseKey: ObjectHandle, template: AnyTemplate): ObjectHandle {
    const native = this.#free();
    return handle(native.deriveKey(false, this.handle, mechanism, baseKey, 0, laidOut(template)), 'deriveKey');
  }

  /** Objects whose attributes have the template's values; an empty template finds all that the session sees. */
  findObjects(template: AnyTemplate): ObjectHandle[] {
    const native = this.#free();
    const found = checked(native.findObjects(false, this.handle, undefined, 0, 0, laidOut(template)), 'findObjects');
    return found as ObjectHandle[];
  }

  /** The attributes that the token gives; those it withholds or does not know are absent. */
  getAttributes(object: ObjectHandle, names: readonly AttributeName[]): Template {
    const types = names.map((name) => attributes[name][0]);
    return decodeTemplate(names, checked(this.#free().getAttributes(this.handle, object, types), 'getAttributes'));
  }

  setAttributes(object: ObjectHandle, template: AnyTemplate): void {
    const native = this.#free();
    checked(native.setAttributes(false, this.handle, undefined, object, 0, laidOut(template)), 'setAttributes');
  }

  #free(): NativeModule {
    if (this.#busy) throw new Error('the session has an operation on the pool');
    return this.#native;
  }

  async #occupy<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#free();
    this.#busy = true;
    try {
      return await work();
    } finally {
      this.#busy = false;
    }
  }
}
