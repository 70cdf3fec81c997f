import { checked } from './errors.ts';
import { handle, pair } from './handles.ts';
import type { KeyPair, ObjectHandle } from './handles.ts';
import type { Mechanism } from './mechanism.ts';
import type { NativeModule } from './native.ts';
import { laidOut } from './template.ts';
import type { AnyTemplate } from './template.ts';

/** What C_EncapsulateKey gives: the bytes for the other side, and the secret as an object of the session. */
export interface Encapsulation {
  readonly ciphertext: Buffer;
  readonly secret: ObjectHandle;
}

/** Operations that take milliseconds or wait for a network, run on libuv's pool (four threads by default). */
export class PoolOperations {
  readonly #native: NativeModule;
  readonly #session: number;
  readonly #occupy: <Result>(work: () => Promise<Result>) => Promise<Result>;

  constructor(native: NativeModule, session: number, occupy: <Result>(work: () => Promise<Result>) => Promise<Result>) {
    this.#native = native;
    this.#session = session;
    this.#occupy = occupy;
  }

  async encrypt(mechanism: Mechanism, key: ObjectHandle, plaintext: Uint8Array): Promise<Buffer> {
    const work = () => this.#native.encrypt(true, this.#session, mechanism, key, 0, plaintext);
    return checked(await this.#occupy(work), 'encrypt');
  }

  async decrypt(mechanism: Mechanism, key: ObjectHandle, ciphertext: Uint8Array): Promise<Buffer> {
    const work = () => this.#native.decrypt(true, this.#session, mechanism, key, 0, ciphertext);
    return checked(await this.#occupy(work), 'decrypt');
  }

  async sign(mechanism: Mechanism, key: ObjectHandle, data: Uint8Array): Promise<Buffer> {
    const work = () => this.#native.sign(true, this.#session, mechanism, key, 0, data);
    return checked(await this.#occupy(work), 'sign');
  }

  async verify(mechanism: Mechanism, key: ObjectHandle, data: Uint8Array, signature: Uint8Array): Promise<boolean> {
    const work = () => this.#native.verify(true, this.#session, mechanism, key, 0, data, signature);
    return checked(await this.#occupy(work), 'verify');
  }

  async generateKey(mechanism: Mechanism, template: AnyTemplate): Promise<ObjectHandle> {
    const work = () => this.#native.generateKey(true, this.#session, mechanism, 0, 0, laidOut(template));
    return handle(await this.#occupy(work), 'generateKey');
  }

  async generateKeyPair(mechanism: Mechanism, publicKey: AnyTemplate, privateKey: AnyTemplate): Promise<KeyPair> {
    const [a, b] = [laidOut(publicKey), laidOut(privateKey)];
    const work = () => this.#native.generateKeyPair(true, this.#session, mechanism, 0, 0, a, b);
    return pair(await this.#occupy(work));
  }

  async wrapKey(mechanism: Mechanism, wrappingKey: ObjectHandle, key: ObjectHandle): Promise<Buffer> {
    const work = () => this.#native.wrapKey(true, this.#session, mechanism, wrappingKey, key);
    return checked(await this.#occupy(work), 'wrapKey');
  }

  async unwrapKey(mechanism: Mechanism, key: ObjectHandle, wrapped: Uint8Array, template: AnyTemplate): Promise<ObjectHandle> {
    const work = () => this.#native.unwrapKey(true, this.#session, mechanism, key, 0, laidOut(template), wrapped);
    return handle(await this.#occupy(work), 'unwrapKey');
  }

  async deriveKey(mechanism: Mechanism, baseKey: ObjectHandle, template: AnyTemplate): Promise<ObjectHandle> {
    const work = () => this.#native.deriveKey(true, this.#session, mechanism, baseKey, 0, laidOut(template));
    return handle(await this.#occupy(work), 'deriveKey');
  }

  /** A fresh shared secret for the owner of a public key (PKCS#11 3.2, C_EncapsulateKey; a module that is older answers CKR_FUNCTION_NOT_SUPPORTED). */
  async encapsulateKey(mechanism: Mechanism, publicKey: ObjectHandle, template: AnyTemplate): Promise<Encapsulation> {
    const work = () => this.#native.encapsulateKey(true, this.#session, mechanism, publicKey, 0, laidOut(template));
    const [ciphertext, secret] = checked(await this.#occupy(work), 'encapsulateKey');
    return { ciphertext, secret: handle(secret, 'encapsulateKey') };
  }

  /** The shared secret of an encapsulation (PKCS#11 3.2, C_DecapsulateKey). */
  async decapsulateKey(
    mechanism: Mechanism,
    privateKey: ObjectHandle,
    ciphertext: Uint8Array,
    template: AnyTemplate,
  ): Promise<ObjectHandle> {
    const work = () => this.#native.decapsulateKey(true, this.#session, mechanism, privateKey, 0, laidOut(template), ciphertext);
    return handle(await this.#occupy(work), 'decapsulateKey');
  }
}
