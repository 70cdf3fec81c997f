import { timingSafeEqual } from 'node:crypto';
import { CKM, CKR, CKU, isPkcs11Error, openModule, type Module, type Session, type TokenInfo } from '@trent/pkcs11';
import { SecretBytes } from '@trent/secret-bytes';
import { reveal } from '@trent/secret-bytes/reveal';
import { readPin } from '../../pool/read-pin.ts';
import { ConnectFailure, type ConnectionErrorCode } from '../backend.ts';
import type { Cluster } from './clusters.ts';

/** What keys of a store are made and used with; GCM and the derivation of message keys as everywhere in Trent. */
export const neededMechanisms = [CKM.AES_KEY_GEN, CKM.AES_ECB_ENCRYPT_DATA, CKM.AES_GCM] as const;

/** A token with its module. */
export interface FoundToken {
  readonly module: Module;
  readonly info: TokenInfo;
}

/** The modules of a process, each initialised once: some read their configuration at that moment and never again. */
export class Modules {
  readonly #open = new Map<string, Module>();

  /** @throws Pkcs11Error */
  of({ module: path, moduleParameters: libraryParameters }: Pick<Cluster, 'module' | 'moduleParameters'>): Module {
    const module = this.#open.get(path) ?? openModule({ path, ...(libraryParameters === undefined ? {} : { libraryParameters }) });
    this.#open.set(path, module);
    return module;
  }
}

/** Looks for a cluster's token. @throws Pkcs11Error */
export function findToken(modules: Modules, cluster: Cluster): FoundToken | undefined {
  const module = modules.of(cluster);
  const info = module.findToken(cluster.tokenLabel);
  return info === undefined ? undefined : { module, info };
}

/** The mechanisms that a token lacks. */
export function missingMechanisms({ module, info }: FoundToken): readonly number[] {
  const has = new Set(module.mechanisms(info.slot));
  return neededMechanisms.filter((mechanism) => !has.has(mechanism));
}

/**
 * The one login of this process in a token (PKCS#11: a login counts for all sessions of a process), shared by the stores that are made of it.
 * It ends with the last of them.
 */
export class TokenLogin {
  readonly session: Session;
  /** For what takes milliseconds and runs on the pool. */
  readonly slowSession: Session;
  readonly #pin: SecretBytes;
  #stores = 1;

  private constructor(session: Session, slowSession: Session, pin: SecretBytes) {
    this.session = session;
    this.slowSession = slowSession;
    this.#pin = pin;
  }

  /** Logs in. @param password KeyStorePassword @throws {ConnectFailure} by what the token answers */
  static open(modules: Modules, cluster: Cluster, password: SecretBytes): TokenLogin {
    const pin = pinOf(cluster, password);
    try {
      const token = findToken(modules, cluster) ?? failed('CLUSTER_NOT_FOUND', `the module has no token labelled ${cluster.tokenLabel}`);
      if (!token.info.isUserPinSet) failed('USER_NOT_FOUND', 'the token has no user PIN');
      const missing = missingMechanisms(token);
      if (missing.length > 0)
        failed('INTERNAL_ERROR', `the token lacks mechanisms ${missing.map((one) => `0x${one.toString(16)}`).join(', ')}`);
      const session = token.module.openSession(token.info.slot, { readWrite: true });
      try {
        session.login(CKU.USER, reveal(pin));
        return new TokenLogin(session, token.module.openSession(token.info.slot, { readWrite: true }), pin);
      } catch (error) {
        session.close();
        throw error;
      }
    } catch (error) {
      pin[Symbol.dispose]();
      throw error instanceof ConnectFailure ? error : new ConnectFailure(codeOf(error), error);
    }
  }

  /** Another store of the same token. @throws {ConnectFailure} INVALID_CREDENTIALS for another password */
  share(password: SecretBytes): this {
    if (!sameBytes(reveal(this.#pin), reveal(password))) failed('INVALID_CREDENTIALS', 'the password is not the PIN that is in use');
    this.#stores++;
    return this;
  }

  /** One store fewer. @returns whether it was the last, and the login is over */
  release(): boolean {
    if (--this.#stores > 0) return false;
    this.#pin[Symbol.dispose]();
    for (const end of [() => this.slowSession.close(), () => this.session.logout(), () => this.session.close()]) ignoringToken(end);
    return true;
  }

  /** Whether the token answers at all. */
  isAlive(): boolean {
    try {
      this.session.randomFill(Buffer.alloc(8));
      return true;
    } catch {
      return false;
    }
  }
}

/** With a PIN file a password that is not the PIN never reaches the token, so nobody locks it by guessing. */
function pinOf(cluster: Cluster, password: SecretBytes): SecretBytes {
  if (cluster.pinFile === undefined) return SecretBytes.copyOf(reveal(password));
  const pin = SecretBytes.take(readPin(cluster.pinFile));
  if (sameBytes(reveal(pin), reveal(password))) return pin;
  pin[Symbol.dispose]();
  return failed('INVALID_CREDENTIALS', 'the password is not the PIN that the operator keeps');
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** A token that went away can not be logged out of. */
function ignoringToken(end: () => void): void {
  try {
    end();
  } catch (error) {
    if (!isPkcs11Error(error)) throw error;
  }
}

const CODES: ReadonlyMap<number, ConnectionErrorCode> = new Map([
  [CKR.PIN_INCORRECT, 'INVALID_CREDENTIALS'],
  [CKR.PIN_INVALID, 'INVALID_CREDENTIALS'],
  [CKR.PIN_LEN_RANGE, 'INVALID_CREDENTIALS'],
  [CKR.PIN_EXPIRED, 'INVALID_CREDENTIALS'],
  [CKR.PIN_LOCKED, 'USER_LOCKED_OUT'],
  [CKR.USER_PIN_NOT_INITIALIZED, 'USER_NOT_FOUND'],
  [CKR.USER_ALREADY_LOGGED_IN, 'USER_LOGGED_IN'],
  [CKR.USER_ANOTHER_ALREADY_LOGGED_IN, 'USER_LOGGED_IN'],
  [CKR.TOKEN_NOT_PRESENT, 'INSUFFICIENT_CLOUDHSM_HSMS'],
  [CKR.DEVICE_REMOVED, 'INSUFFICIENT_CLOUDHSM_HSMS'],
  [CKR.DEVICE_ERROR, 'NETWORK_ERRORS'],
]);

/** AWS's code for what a module answered. */
export function codeOf(error: unknown): ConnectionErrorCode {
  return (isPkcs11Error(error) ? CODES.get(error.rv) : undefined) ?? 'INTERNAL_ERROR';
}

function failed(code: ConnectionErrorCode, why: string): never {
  throw new ConnectFailure(code, new Error(why));
}
