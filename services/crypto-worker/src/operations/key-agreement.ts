import { awsEnum, kms } from '@trent/contracts';
import { fail } from '@trent/errors';
import { checkKeyUsage, isKeySpec, isKeyUsage, keySpecs, peerPoint, type KeySpec } from '@trent/key-model';
import { CKK, CKO, ecdh1, type Session } from '@trent/pkcs11';
import type { BackingKey } from '../keys/backing-keys.ts';
import { onSlowLane, type OperationDeps, type Use } from './operation.ts';

const originOf = awsEnum('trent.kms.v1.Origin').fromAws;
const ECDH = 'ECDH';

/**
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_DeriveSharedSecret.html: ECDH inside the token (CKM_ECDH1_DERIVE without KDF, that is
 * NIST SP 800-56A §5.7.1.2); what leaves is the x-coordinate.
 * @throws ValidationException without text for a public key that is none, of another curve or not on it
 */
export function deriveSharedSecret(deps: OperationDeps, use: Use): Promise<Buffer> {
  const { publicKey, keyAgreementAlgorithm } = kms.DeriveSharedSecretRequest.decode(use.input);
  return onSlowLane(deps, use, async (session, key) => {
    const spec = agreeingSpec(key);
    const sharedSecret = await agree(session, key, spec, peerPoint(spec, publicKey ?? Buffer.alloc(0)));
    const output = kms.DeriveSharedSecretResponse.encode(
      kms.DeriveSharedSecretResponse.create({
        keyId: key.arn,
        sharedSecret,
        keyAgreementAlgorithm,
        keyOrigin: originOf(key.header.origin) as kms.Origin,
      }),
    ).finish();
    sharedSecret.fill(0);
    return output;
  });
}

function agreeingSpec({ header: { spec, usage }, arn }: BackingKey): KeySpec {
  if (!isKeySpec(spec) || !isKeyUsage(usage)) return fail('KMSInternalException', '', { cause: 'a key token of an unknown spec or usage' });
  checkKeyUsage('DeriveSharedSecret', arn, spec, usage, ECDH);
  return spec;
}

/** Derives into a session object that may be read, reads it and destroys it. */
async function agree(session: Session, { handle }: BackingKey, spec: KeySpec, point: Buffer): Promise<Buffer> {
  const valueLength = keySpecs[spec].coordinateBytes ?? 0;
  const secret = await session.onPool.deriveKey(ecdh1(point), handle, {
    class: CKO.SECRET_KEY,
    keyType: CKK.GENERIC_SECRET,
    valueLength,
    token: false,
    private: false,
    sensitive: false,
    extractable: true,
  });
  try {
    const { value } = session.getAttributes(secret, ['value']);
    if (value?.length !== valueLength)
      return fail('KMSInternalException', '', { cause: 'the token gives no shared secret of full length' });
    return Buffer.from(value.buffer, value.byteOffset, value.length);
  } finally {
    session.destroyObject(secret);
  }
}
