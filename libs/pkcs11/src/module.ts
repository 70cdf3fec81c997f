import { CKF_SESSION, CKF_TOKEN, CKU } from './constants.ts';
import type { Dialect } from './dialects/dialect.ts';
import { softhsm } from './dialects/softhsm.ts';
import { softokn } from './dialects/softokn.ts';
import { softoknPostQuantum } from './dialects/softokn-post-quantum.ts';
import { standard } from './dialects/standard.ts';
import { checked } from './errors.ts';
import { loadAddon } from './native.ts';
import type { NativeModule } from './native.ts';
import { Session } from './session.ts';

/** What C_GetInfo says. */
export interface ModuleInfo {
  readonly manufacturer: string;
  readonly description: string;
  readonly libraryVersion: string;
  readonly cryptokiVersion: string;
}

/** What C_GetTokenInfo says. */
export interface TokenInfo {
  readonly slot: number;
  readonly label: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly serialNumber: string;
  readonly isInitialized: boolean;
  readonly isUserPinSet: boolean;
}

/** What C_GetMechanismInfo says; `flags` are CKF_MECHANISM. */
export interface MechanismInfo {
  readonly minKeySize: number;
  readonly maxKeySize: number;
  readonly flags: number;
}

/** Which library to open. */
export interface ModuleOptions {
  /** Path of the module's shared library. */
  readonly path: string;
  /** Found by the module's own name when absent. */
  readonly dialect?: Dialect;
  /** NSS's settings, e.g. `configdir='sql:…' flags=createifneeded`. */
  readonly libraryParameters?: string;
}

const dialects = [softhsm, softoknPostQuantum, softokn, standard];

/**
 * Loads and initialises a PKCS#11 module, once a process and path: SoftHSM reads SOFTHSM2_CONF at this moment
 * and never again.
 */
export function openModule(options: ModuleOptions): Module {
  const native = checked<NativeModule>(loadAddon().load(options.path, options.libraryParameters), 'initialize');
  return new Module(native, options.dialect);
}

/** An initialised module: its slots, tokens and sessions. */
export class Module {
  readonly info: ModuleInfo;
  readonly dialect: Dialect;
  readonly #native: NativeModule;

  /** Made by openModule. */
  constructor(native: NativeModule, dialect: Dialect | undefined) {
    this.#native = native;
    const info = checked(native.getInfo(), 'getInfo');
    this.info = {
      manufacturer: text(info.manufacturer),
      description: text(info.description),
      libraryVersion: `${String(info.libraryMajor)}.${String(info.libraryMinor)}`,
      cryptokiVersion: `${String(info.cryptokiMajor)}.${String(info.cryptokiMinor)}`,
    };
    this.dialect = dialect ?? dialects.find((candidate) => candidate.recognises(this.info)) ?? standard;
  }

  /** Every token present, initialised or not. */
  tokens(): TokenInfo[] {
    return checked<number[]>(this.#native.listSlots(), 'listSlots').map((slot) => this.tokenInfo(slot));
  }

  tokenInfo(slot: number): TokenInfo {
    const token = checked(this.#native.tokenInfo(slot), 'tokenInfo');
    return {
      slot,
      label: text(token.label),
      manufacturer: text(token.manufacturer),
      model: text(token.model),
      serialNumber: text(token.serialNumber),
      isInitialized: (token.flags & CKF_TOKEN.TOKEN_INITIALIZED) !== 0,
      isUserPinSet: (token.flags & CKF_TOKEN.USER_PIN_INITIALIZED) !== 0,
    };
  }

  /** The initialised token of that label, if there is one. */
  findToken(label: string): TokenInfo | undefined {
    return this.tokens().find((token) => token.isInitialized && token.label === label);
  }

  mechanisms(slot: number): number[] {
    return checked<number[]>(this.#native.mechanismList(slot), 'mechanismList');
  }

  mechanismInfo(slot: number, mechanism: number): MechanismInfo {
    return checked(this.#native.mechanismInfo(slot, mechanism), 'mechanismInfo');
  }

  /** C_InitToken: erases what the token held. SoftHSM moves it to a new slot: find it by its label. */
  initToken(slot: number, soPin: Uint8Array, label: string): void {
    const padded = Buffer.alloc(32, ' ');
    if (Buffer.byteLength(label) > padded.length) throw new RangeError('a token label has at most 32 bytes');
    padded.write(label);
    checked(this.#native.initToken(slot, soPin, padded), 'initToken');
  }

  /** Makes a token with a user PIN in the first free slot, or finishes one that was left without its PIN. */
  createToken(label: string, soPin: Uint8Array, userPin: Uint8Array): TokenInfo {
    const { isMadeBySettings = false } = this.dialect;
    const settings = isMadeBySettings ? this.tokens().find((candidate) => candidate.label === label) : undefined;
    const token = this.findToken(label) ?? settings ?? this.#initFreeToken(label, soPin);
    if (token.isUserPinSet) return token;
    const session = this.openSession(token.slot, { readWrite: true });
    session.login(CKU.SO, isMadeBySettings ? Buffer.alloc(0) : soPin);
    session.initPin(userPin);
    session.logout();
    session.close();
    return this.tokenInfo(token.slot);
  }

  #initFreeToken(label: string, soPin: Uint8Array): TokenInfo {
    const free = this.tokens().find((token) => !token.isInitialized);
    if (free === undefined) throw new Error('no uninitialised token is left in this module');
    this.initToken(free.slot, soPin, label);
    const token = this.findToken(label);
    if (token === undefined) throw new Error(`the module lost the token ${label} after its initialisation`);
    return token;
  }

  /** A serial session; read-write for token objects. Logging in once counts for all sessions of the process. */
  openSession(slot: number, options: { readonly readWrite: boolean }): Session {
    const flags = CKF_SESSION.SERIAL | (options.readWrite ? CKF_SESSION.RW : 0);
    return new Session(this.#native, slot, checked(this.#native.openSession(slot, flags), 'openSession'));
  }

  /** C_Finalize; nothing of this module may be used afterwards. */
  close(): void {
    checked(this.#native.finalize(), 'finalize');
  }
}

function text(padded: Buffer): string {
  return padded.toString('utf8').replace(/[\0 ]+$/, '');
}
