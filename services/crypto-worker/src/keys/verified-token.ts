import { timingSafeEqual } from 'node:crypto';
import { fail } from '@trent/errors';
import { keyArn, type AccountId, type KeyId, type RegionName } from '@trent/identifiers';
import { parseToken, type KeyTokenHeader } from '@trent/key-token';
import type { PermitKey } from '@trent/permit';
import { CKM, type RootSet } from '@trent/pkcs11';
import { rootSetFor, type OpenToken } from '../pool/open-token.ts';

const MAC_BYTES = 32;

/** What a key token says, believed because the binding key's MAC covers it. */
export interface VerifiedToken {
  readonly header: KeyTokenHeader;
  readonly arn: string;
  readonly wrapped: Buffer;
  /** The root set whose keys made it: the region's, or the group's for a multi-Region key. */
  readonly rootSet: RootSet;
}

/**
 * Checks a key token's MAC under the binding key and that it belongs to the root set of this region, or of its group: a row rewritten in the database opens nothing.
 * @throws KMSInternalException when it is not ours, or of another region, group or root version: no client sends tokens
 */
export function verifyToken(open: OpenToken, bytes: Buffer): VerifiedToken {
  const { header, authenticated, wrapped, mac } = parseToken(bytes);
  const rootSet = rootSetFor(open, header.keyId);
  const expected = Buffer.alloc(MAC_BYTES);
  open.session.signHmac(CKM.SHA256_HMAC, rootSet.binding, authenticated, expected);
  if (mac.length !== MAC_BYTES || !timingSafeEqual(expected, mac)) fail('KMSInternalException', '', { cause: 'wrong MAC of a key token' });
  const { region, rootVersion } = rootSet.record;
  if (header.region !== region || header.rootVersion !== rootVersion) {
    fail('KMSInternalException', '', { cause: 'a key token of another region or group, or root version' });
  }
  // A multi-Region key's token names the group; its ARN here is of the region that serves it.
  const arn = keyArn(open.rootSet.record.region as RegionName, header.accountId as AccountId, header.keyId as KeyId);
  return { header, arn, wrapped, rootSet };
}

/** @throws KMSInternalException for a token of another key or material than the permit names: a row was swapped */
export function checkPermitted({ header, arn }: Pick<VerifiedToken, 'header' | 'arn'>, permitted: PermitKey): void {
  if (arn !== permitted.keyArn || header.materialId !== permitted.materialId) {
    fail('KMSInternalException', '', { cause: 'the token is not of the key that the permit names' });
  }
}
