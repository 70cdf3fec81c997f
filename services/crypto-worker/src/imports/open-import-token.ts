import { fail } from '@trent/errors';
import { parseImportToken, parseToken, type ImportAlgorithm, type ParsedKeyToken } from '@trent/key-token';
import { isBound, type ImportDeps } from './import-deps.ts';

/** An import that was begun, as its token proves it. */
export interface BegunImport {
  readonly algorithm: ImportAlgorithm;
  readonly wrappingKey: ParsedKeyToken;
  /** Bytes of the wrapping key's modulus, which is the length of what it encrypts. */
  readonly modulusBytes: number;
}

const MODULUS_BYTES = new Map([
  ['RSA_2048', 256],
  ['RSA_3072', 384],
  ['RSA_4096', 512],
]);

/**
 * Believes an import token after its MAC, for the key that it was made for and no other.
 * @throws InvalidImportTokenException, ExpiredImportTokenException
 */
export function openImportToken({ open, now }: ImportDeps, bytes: Buffer, key: { accountId: string; keyId: string }): BegunImport {
  const token = parseImportToken(bytes);
  if (!isBound(open, token.authenticated, token.mac)) fail('InvalidImportTokenException');
  const wrappingKey = parseToken(token.wrappingKey);
  const { header } = wrappingKey;
  const { region, rootVersion } = open.rootSet.record;
  const isOurs = header.keyClass === 'import' && header.region === region && header.rootVersion === rootVersion;
  const isOfKey = header.keyId === key.keyId && header.accountId === key.accountId;
  const modulusBytes = MODULUS_BYTES.get(header.spec);
  if (!isOurs || !isOfKey || modulusBytes === undefined || !isBound(open, wrappingKey.authenticated, wrappingKey.mac)) {
    return fail('InvalidImportTokenException');
  }
  if (token.expiresAtMs <= now()) fail('ExpiredImportTokenException');
  return { algorithm: token.algorithm, wrappingKey, modulusBytes };
}
