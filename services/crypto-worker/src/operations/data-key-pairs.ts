import { kms } from '@trent/contracts';
import { fail } from '@trent/errors';
import { makeKeyPair, takesSeconds, type KeyPair } from '../keys/make-key-pair.ts';
import { sealUnder } from './envelope.ts';
import { keyOf, type OperationDeps, type Use } from './operation.ts';

interface Wanted {
  readonly keyPairSpec?: kms.DataKeyPairSpec | undefined;
  readonly encryptionContext: Map<string, string>;
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyPair.html */
export async function generateDataKeyPair(deps: OperationDeps, use: Use): Promise<Buffer> {
  const request = kms.GenerateDataKeyPairRequest.decode(use.input);
  const { privateKey: privateKeyPlaintext, ...pair } = await newDataKeyPair(deps, use, request);
  const { keyPairSpec } = request;
  const output = kms.GenerateDataKeyPairResponse.encode(
    kms.GenerateDataKeyPairResponse.create({ ...pair, privateKeyPlaintext, keyPairSpec }),
  ).finish();
  privateKeyPlaintext.fill(0);
  return output;
}

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyPairWithoutPlaintext.html */
export async function generateDataKeyPairWithoutPlaintext(deps: OperationDeps, use: Use): Promise<Buffer> {
  const request = kms.GenerateDataKeyPairWithoutPlaintextRequest.decode(use.input);
  const { privateKey, ...pair } = await newDataKeyPair(deps, use, request);
  privateKey.fill(0);
  const { keyPairSpec } = request;
  return kms.GenerateDataKeyPairWithoutPlaintextResponse.encode(
    kms.GenerateDataKeyPairWithoutPlaintextResponse.create({ ...pair, keyPairSpec }),
  ).finish();
}

/**
 * Makes a pair on a lane and closes its private half. The key is opened after the wait: what closes the private half is in the token then, and
 * still permitted.
 * @returns a private half that the caller wipes
 */
async function newDataKeyPair(deps: OperationDeps, use: Use, { keyPairSpec: spec, encryptionContext }: Wanted) {
  if (spec === undefined) return fail('ValidationException', 'KeyPairSpec is required.');
  const { permit, deadline, stillAllowed } = use;
  const lane = takesSeconds(spec) ? deps.generationLane : deps.slowLane;
  const { privateKey, publicKey } = await lane.run<KeyPair>({
    account: permit.account,
    deadline,
    stillAllowed,
    run: () => makeKeyPair(spec),
  });
  try {
    stillAllowed();
    const key = keyOf(deps, use);
    const privateKeyCiphertextBlob = sealUnder(deps.token.session, key, encryptionContext, privateKey);
    return { privateKey, publicKey, privateKeyCiphertextBlob, keyId: key.arn, keyMaterialId: key.header.materialId };
  } catch (error) {
    privateKey.fill(0);
    throw error;
  }
}
