import {
  constants,
  createHash,
  createPublicKey,
  diffieHellman,
  encapsulate,
  generateKeyPairSync,
  publicEncrypt,
  randomBytes,
  verify,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { keySpecs, macBytes, maxPlaintextBytes, signingAlgorithms } from '@trent/key-model';
import type { EncryptionAlgorithm, KeySpec, MacAlgorithm, SigningAlgorithm, UsageOperation } from '@trent/key-model';
import type { Caller, Members } from '../fixtures/caller.ts';
import { blob, type TestKey } from '../fixtures/keys.ts';

/** One served cell: a key and an algorithm that go together. */
export interface Cell {
  readonly spec: KeySpec;
  readonly key: TestKey;
  /** An enabled symmetric key. */
  readonly helper: TestKey;
  readonly algorithm: string | undefined;
}

/** Does the operation and says whether an independent party finds the answer right. */
type RoundTrip = (caller: Caller, cell: Cell) => Promise<boolean>;

/** The deed for each use of a key; a use without one fails the walk. */
export const roundTrips: Readonly<Partial<Record<UsageOperation, RoundTrip>>> = {
  Encrypt: encryptThenDecrypt,
  Decrypt: decryptOpenSsl,
  ReEncryptFrom: (caller, cell) => reEncrypt(caller, cell, 'from'),
  ReEncryptTo: (caller, cell) => reEncrypt(caller, cell, 'to'),
  GenerateDataKey: (caller, { key }) => dataKey(caller, 'GenerateDataKey', { KeyId: key.id, KeySpec: 'AES_256' }, 'CiphertextBlob'),
  GenerateDataKeyWithoutPlaintext: (caller, { key }) =>
    dataKey(caller, 'GenerateDataKeyWithoutPlaintext', { KeyId: key.id, KeySpec: 'AES_256' }, 'CiphertextBlob'),
  GenerateDataKeyPair: (caller, { key }) => dataKey(caller, 'GenerateDataKeyPair', pairOf(key), 'PrivateKeyCiphertextBlob'),
  GenerateDataKeyPairWithoutPlaintext: (caller, { key }) =>
    dataKey(caller, 'GenerateDataKeyPairWithoutPlaintext', pairOf(key), 'PrivateKeyCiphertextBlob'),
  Sign: signThenOpenSsl,
  Verify: signThenVerify,
  GenerateMac: macLength,
  VerifyMac: macThenVerify,
  DeriveSharedSecret: agreeWithOpenSsl,
  Encapsulate: encapsulateThenDecapsulate,
  Decapsulate: decapsulateOpenSsl,
};

const message = randomBytes(100);
const Message = blob(message);

function pairOf({ id }: TestKey): Members {
  return { KeyId: id, KeyPairSpec: 'ECC_NIST_P256' };
}

async function encryptThenDecrypt(caller: Caller, { spec, key, algorithm = '' }: Cell): Promise<boolean> {
  const Plaintext = blob(randomBytes(maxPlaintextBytes(spec, algorithm as EncryptionAlgorithm)));
  const named = { KeyId: key.id, EncryptionAlgorithm: algorithm };
  const { body } = await caller.ok('Encrypt', { ...named, Plaintext });
  const opened = await caller.ok('Decrypt', { ...named, CiphertextBlob: body['CiphertextBlob'] });
  return opened.body['Plaintext'] === Plaintext && opened.body['EncryptionAlgorithm'] === algorithm;
}

/** What OpenSSL closed by the public half is opened; a symmetric ciphertext only Trent can make. */
async function decryptOpenSsl(caller: Caller, cell: Cell): Promise<boolean> {
  const { key, algorithm = '' } = cell;
  if (algorithm === 'SYMMETRIC_DEFAULT') return encryptThenDecrypt(caller, cell);
  const CiphertextBlob = blob(closedByOpenSsl(await publicKeyOf(caller, key), algorithm));
  const { body } = await caller.ok('Decrypt', { KeyId: key.id, EncryptionAlgorithm: algorithm, CiphertextBlob });
  return body['Plaintext'] === Message;
}

function closedByOpenSsl(key: KeyObject, algorithm: string): Buffer {
  const oaepHash = algorithm.endsWith('SHA_1') ? 'sha1' : 'sha256';
  return publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, message);
}

async function reEncrypt(caller: Caller, { key, helper, algorithm = '' }: Cell, direction: 'from' | 'to'): Promise<boolean> {
  const own = { KeyId: key.id, EncryptionAlgorithm: algorithm };
  const other = { KeyId: helper.id, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
  const [source, destination] = direction === 'from' ? [own, other] : [other, own];
  const closed = await caller.ok('Encrypt', { ...source, Plaintext: Message });
  const { body } = await caller.ok('ReEncrypt', {
    CiphertextBlob: closed.body['CiphertextBlob'],
    SourceKeyId: source.KeyId,
    SourceEncryptionAlgorithm: source.EncryptionAlgorithm,
    DestinationKeyId: destination.KeyId,
    DestinationEncryptionAlgorithm: destination.EncryptionAlgorithm,
  });
  const opened = await caller.ok('Decrypt', { ...destination, CiphertextBlob: body['CiphertextBlob'] });
  return opened.body['Plaintext'] === Message;
}

async function dataKey(caller: Caller, operation: string, input: Members, closed: string): Promise<boolean> {
  const { body } = await caller.ok(operation, input);
  const opened = await caller.ok('Decrypt', { CiphertextBlob: body[closed] });
  const plaintext = body['Plaintext'] ?? body['PrivateKeyPlaintext'];
  return operation.endsWith('WithoutPlaintext') ? plaintext === undefined : opened.body['Plaintext'] === plaintext;
}

async function signThenOpenSsl(caller: Caller, cell: Cell): Promise<boolean> {
  const { key, algorithm = '' } = cell;
  const named = { KeyId: key.id, SigningAlgorithm: algorithm };
  const { digestBytes, hash } = signingAlgorithms[algorithm as SigningAlgorithm];
  const publicKey = await publicKeyOf(caller, key);
  // Ed25519ph takes digests alone, and OpenSSL by way of Node.js does not know it: Trent's Verify judges it.
  if (algorithm === 'ED25519_PH_SHA_512') return signThenVerify(caller, cell);
  const inputs: Members[] = [{ Message }];
  if (digestBytes !== undefined && hash !== undefined) {
    inputs.push({ Message: blob(createHash(hash).update(message).digest()), MessageType: 'DIGEST' });
  }
  for (const input of inputs) {
    const { body } = await caller.ok('Sign', { ...named, ...input });
    const padding = algorithm.startsWith('RSASSA_PSS') ? constants.RSA_PKCS1_PSS_PADDING : undefined;
    const how = padding === undefined ? publicKey : { key: publicKey, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
    if (!verify(hash ?? null, message, how, Buffer.from(String(body['Signature']), 'base64'))) return false;
  }
  return true;
}

function messageFor(algorithm: string | undefined): Members {
  return algorithm === 'ED25519_PH_SHA_512' ? { Message: blob(randomBytes(64)), MessageType: 'DIGEST' } : { Message };
}

async function signThenVerify(caller: Caller, { key, algorithm }: Cell): Promise<boolean> {
  const named = { KeyId: key.id, SigningAlgorithm: algorithm, ...messageFor(algorithm) };
  const { body } = await caller.ok('Sign', named);
  const verified = await caller.ok('Verify', { ...named, Signature: body['Signature'] });
  return verified.body['SignatureValid'] === true;
}

async function macLength(caller: Caller, { key, algorithm = '' }: Cell): Promise<boolean> {
  const { body } = await caller.ok('GenerateMac', { KeyId: key.id, MacAlgorithm: algorithm, Message });
  return Buffer.from(String(body['Mac']), 'base64').length === macBytes[algorithm as MacAlgorithm];
}

async function macThenVerify(caller: Caller, { key, algorithm }: Cell): Promise<boolean> {
  const named = { KeyId: key.id, MacAlgorithm: algorithm, Message };
  const { body } = await caller.ok('GenerateMac', named);
  return (await caller.ok('VerifyMac', { ...named, Mac: body['Mac'] })).body['MacValid'] === true;
}

async function agreeWithOpenSsl(caller: Caller, { spec, key, algorithm }: Cell): Promise<boolean> {
  const publicKey = await publicKeyOf(caller, key);
  const peer = generateKeyPairSync('ec', { namedCurve: publicKey.asymmetricKeyDetails?.namedCurve ?? '' });
  const PublicKey = blob(peer.publicKey.export({ format: 'der', type: 'spki' }));
  const { body } = await caller.ok('DeriveSharedSecret', { KeyId: key.id, KeyAgreementAlgorithm: algorithm, PublicKey });
  const secret = diffieHellman({ privateKey: peer.privateKey, publicKey });
  return body['SharedSecret'] === blob(secret) && secret.length === keySpecs[spec].coordinateBytes;
}

/** Only the private half opens it, and that never leaves: Trent itself is asked, whose opening the next deed judges. */
async function encapsulateThenDecapsulate(caller: Caller, { spec, key, algorithm }: Cell): Promise<boolean> {
  const named = { KeyId: key.id, EncapsulationAlgorithm: algorithm };
  const { body } = await caller.ok('Encapsulate', named);
  const { SharedSecretCiphertextBlob, SharedSecret } = body;
  const opened = await caller.ok('Decapsulate', { ...named, SharedSecretCiphertextBlob });
  const bytes = Buffer.from(String(SharedSecretCiphertextBlob), 'base64').length;
  return opened.body['SharedSecret'] === SharedSecret && bytes === keySpecs[spec].encapsulationBytes;
}

async function decapsulateOpenSsl(caller: Caller, { key, algorithm }: Cell): Promise<boolean> {
  const { sharedKey, ciphertext } = encapsulate(await publicKeyOf(caller, key));
  const { body } = await caller.ok('Decapsulate', {
    KeyId: key.id,
    EncapsulationAlgorithm: algorithm,
    SharedSecretCiphertextBlob: blob(ciphertext),
  });
  return body['SharedSecret'] === blob(sharedKey);
}

async function publicKeyOf(caller: Caller, { id }: TestKey): Promise<KeyObject> {
  const { body } = await caller.ok('GetPublicKey', { KeyId: id });
  return createPublicKey({ key: Buffer.from(String(body['PublicKey']), 'base64'), format: 'der', type: 'spki' });
}
