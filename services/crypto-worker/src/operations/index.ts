import type { CryptoWorkerRpc } from '@trent/contracts';
import { generateDataKeyPair, generateDataKeyPairWithoutPlaintext } from './data-key-pairs.ts';
import { generateDataKey, generateDataKeyWithoutPlaintext } from './data-keys.ts';
import { decrypt } from './decrypt.ts';
import { decapsulate, encapsulate } from './encapsulation.ts';
import { encrypt } from './encrypt.ts';
import { deriveSharedSecret } from './key-agreement.ts';
import { generateMac, verifyMac } from './macs.ts';
import { getPublicKey } from './get-public-key.ts';
import type { OperationFunction } from './operation.ts';
import { generateRandom } from './random.ts';
import { reEncrypt } from './re-encrypt.ts';
import { sign, verify } from './sign.ts';

/** Every operation whose room is crypto-worker; one missing is a type error. */
export const cryptoOperations: Readonly<Record<CryptoWorkerRpc, OperationFunction>> = {
  'kms.Encrypt': encrypt,
  'kms.Decrypt': decrypt,
  'kms.ReEncrypt': reEncrypt,
  'kms.GenerateDataKey': generateDataKey,
  'kms.GenerateDataKeyWithoutPlaintext': generateDataKeyWithoutPlaintext,
  'kms.GenerateDataKeyPair': generateDataKeyPair,
  'kms.GenerateDataKeyPairWithoutPlaintext': generateDataKeyPairWithoutPlaintext,
  'kms.GenerateMac': generateMac,
  'kms.VerifyMac': verifyMac,
  'kms.DeriveSharedSecret': deriveSharedSecret,
  'kms.Encapsulate': encapsulate,
  'kms.Decapsulate': decapsulate,
  'kms.GetPublicKey': getPublicKey,
  'kms.Sign': sign,
  'kms.Verify': verify,
  'kms.GenerateRandom': generateRandom,
};
