import type { HmacKey } from '@trent/secret-bytes';
import type { execute } from '@trent/contracts';
import { fail } from '@trent/errors';
import { permitHour, preparePermitKey } from '@trent/permit';
import { CKM, plain } from '@trent/pkcs11';
import type { OpenToken } from '../pool/open-token.ts';

/** The hours around now that permits can be of. */
const HOURS_AROUND = 2;

/**
 * Permit keys by the hour: C_Sign(HMAC, permit root, label ‖ region ‖ hour). The root stays in the token; what leaves it, to policy alone, ends with
 * its hour.
 */
export class PermitKeyRing {
  readonly #open: OpenToken;
  readonly #now: () => number;
  readonly #keys = new Map<number, HmacKey>();

  /** @param now epoch milliseconds */
  constructor(open: OpenToken, now: () => number) {
    this.#open = open;
    this.#now = now;
  }

  /** The key that permits of an hour are verified with; undefined for hours that no valid permit can be of. */
  readonly forHour = (hour: number): HmacKey | undefined => {
    const known = this.#keys.get(hour);
    if (known !== undefined) return known;
    if (!this.#isNear(hour)) return undefined;
    const bytes = this.#derive(hour);
    const key = preparePermitKey(bytes);
    bytes.fill(0);
    for (const old of this.#keys.keys()) if (!this.#isNear(old)) this.#keys.delete(old);
    this.#keys.set(hour, key);
    return key;
  };

  /** @throws KMSInternalException for another region or an hour that is not near */
  give(request: execute.GetPermitKeyRequest): execute.GetPermitKeyResponse {
    if (request.region !== this.#open.rootSet.record.region || !this.#isNear(request.hour)) {
      fail('KMSInternalException', '', { cause: 'a permit key of another region or time was asked for' });
    }
    return { key: this.#derive(request.hour) };
  }

  #isNear(hour: number): boolean {
    return Math.abs(hour - permitHour(this.#now())) <= HOURS_AROUND;
  }

  #derive(hour: number): Buffer {
    const { session, rootSet } = this.#open;
    const hourBytes = Buffer.alloc(4);
    hourBytes.writeUInt32BE(hour);
    const input = Buffer.concat([Buffer.from(`trent/permit/v1\0${rootSet.record.region}\0`), hourBytes]);
    return session.sign(plain(CKM.SHA256_HMAC), rootSet.permitRoot, input);
  }
}
