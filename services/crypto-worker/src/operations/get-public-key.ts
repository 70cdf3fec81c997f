import { awsEnum, kms } from '@trent/contracts';
import { algorithmsOf, isKeySpec, isKeyUsage } from '@trent/key-model';
import { fail } from '@trent/errors';
import { publicKeyOf, type OperationDeps, type Use } from './operation.ts';

const enumOf = {
  spec: awsEnum('trent.kms.v1.KeySpec'),
  deprecatedSpec: awsEnum('trent.kms.v1.CustomerMasterKeySpec'),
  usage: awsEnum('trent.kms.v1.KeyUsage'),
  encryption: awsEnum('trent.kms.v1.EncryptionAlgorithm'),
  signing: awsEnum('trent.kms.v1.SigningAlgorithm'),
  agreement: awsEnum('trent.kms.v1.KeyAgreementAlgorithm'),
  encapsulation: awsEnum('trent.kms.v1.EncapsulationAlgorithm'),
} as const;

/**
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_GetPublicKey.html: everything from the key token, whose MAC the worker checks, so that no
 * rewritten row hands out another key. Nothing is unwrapped.
 */
export function getPublicKey(deps: OperationDeps, use: Use): Buffer {
  const { arn, header } = publicKeyOf(deps, use);
  const { spec, usage, publicKey } = header;
  if (!isKeySpec(spec) || !isKeyUsage(usage)) return fail('KMSInternalException', '', { cause: 'a key token of an unknown spec or usage' });
  const list = <E>(of: { fromAws: (name: string) => number | undefined }, listed: string): E[] =>
    usage === listed ? algorithmsOf(spec, usage).map((name) => of.fromAws(name) as E) : [];
  return kms.GetPublicKeyResponse.encode({
    keyId: arn,
    publicKey,
    customerMasterKeySpec: enumOf.deprecatedSpec.fromAws(spec) as kms.CustomerMasterKeySpec | undefined,
    keySpec: enumOf.spec.fromAws(spec) as kms.KeySpec,
    keyUsage: enumOf.usage.fromAws(usage) as kms.KeyUsage,
    encryptionAlgorithms: list(enumOf.encryption, 'ENCRYPT_DECRYPT'),
    signingAlgorithms: list(enumOf.signing, 'SIGN_VERIFY'),
    keyAgreementAlgorithms: list(enumOf.agreement, 'KEY_AGREEMENT'),
    encapsulationAlgorithms: list(enumOf.encapsulation, 'ENCAPSULATE_DECAPSULATE'),
  }).finish();
}
