import assert from 'node:assert/strict';
import { encapsulate, verify } from 'node:crypto';
import { awsEnum, kms } from '@trent/contracts';
import { keySpecs, type KeySpec, type SigningAlgorithm } from '@trent/key-model';
import type { WorkerCase } from '../support/case.ts';
import { aKey, keyObjectOf, publicKeyOf, TestWorker } from '../support/worker.ts';

const fromAws = awsEnum('trent.kms.v1.SigningAlgorithm').fromAws;
const message = Buffer.from('the message');
const ML_KEM = kms.EncapsulationAlgorithm.ENCAPSULATION_ALGORITHM_ML_KEM;
const { MESSAGE_TYPE_RAW: RAW, MESSAGE_TYPE_DIGEST: DIGEST, MESSAGE_TYPE_EXTERNAL_MU: EXTERNAL_MU } = kms.MessageType;

const request = (algorithm: SigningAlgorithm, bytes: Buffer, messageType: kms.MessageType, signature?: Buffer) => ({
  keyId: 'k',
  message: Buffer.from(bytes),
  messageType,
  signingAlgorithm: fromAws(algorithm) as kms.SigningAlgorithm,
  grantTokens: [],
  signature,
  dryRun: undefined,
});

const signers: readonly { readonly spec: KeySpec; readonly algorithm: SigningAlgorithm; readonly bytes: number }[] = [
  { spec: 'ECC_NIST_EDWARDS25519', algorithm: 'ED25519_SHA_512', bytes: 64 },
  { spec: 'ML_DSA_44', algorithm: 'ML_DSA_SHAKE_256', bytes: 2420 },
  { spec: 'ML_DSA_65', algorithm: 'ML_DSA_SHAKE_256', bytes: 3309 },
  { spec: 'ML_DSA_87', algorithm: 'ML_DSA_SHAKE_256', bytes: 4627 },
];

const signing: WorkerCase[] = signers.map(({ spec, algorithm, bytes }) => ({
  name: `${spec}: what Sign makes, OpenSSL and Verify accept; what is wrong is KMSInvalidSignatureException without text`,
  run: async (place) => {
    const [worker, key] = [new TestWorker(place), await aKey(place, spec, 'SIGN_VERIFY')];
    const { signature } = (await worker.do('kms.Sign', request(algorithm, message, RAW), key)) as { signature: Buffer };
    assert.equal(signature.length, bytes);
    assert.equal(verify(null, message, keyObjectOf(key), signature), true);
    const verdict = await worker.do('kms.Verify', request(algorithm, message, RAW, signature), key);
    assert.equal(verdict['signatureValid'], true);
    const turned = Buffer.from(signature);
    turned[7] = (turned[7] ?? 0) ^ 1;
    const claims: [Buffer, Buffer][] = [
      [message, turned],
      [Buffer.from('another message'), signature],
      [message, signature.subarray(1)],
      [message, Buffer.concat([signature, Buffer.alloc(1)])],
      [message, Buffer.alloc(1)],
      [message, Buffer.alloc(signature.length)],
      [message, Buffer.alloc(signature.length, 0xff)],
      [message, Buffer.alloc(6144, 0xff)],
    ];
    for (const [claimed, forged] of claims)
      await worker.refuses(
        () => worker.do('kms.Verify', request(algorithm, claimed, RAW, forged), key),
        'KMSInvalidSignatureException',
        '',
      );
  },
}));

const kems = ['ML_KEM_512', 'ML_KEM_768', 'ML_KEM_1024'] as const;
const kemRequest = { keyId: 'k', encapsulationAlgorithm: ML_KEM, grantTokens: [] } as const;

const encapsulating: WorkerCase[] = kems.map((spec) => ({
  name: `${spec}: Decapsulate opens what OpenSSL and Encapsulate close, another encapsulation to another secret, another length to nothing`,
  run: async (place) => {
    const [worker, key] = [new TestWorker(place), await aKey(place, spec, 'ENCAPSULATE_DECAPSULATE')];
    const open = async (ciphertext: Buffer): Promise<Buffer> => {
      const answer = await worker.do('kms.Decapsulate', { ...kemRequest, sharedSecretCiphertextBlob: ciphertext }, key);
      assert.deepEqual([answer['keyId'], answer['encapsulationAlgorithm']], [key.permitted.keyArn, ML_KEM]);
      return answer['sharedSecret'] as Buffer;
    };
    const { sharedKey, ciphertext } = encapsulate(keyObjectOf(key));
    assert.deepEqual(await open(ciphertext), sharedKey);
    const answer = await worker.do('kms.Encapsulate', kemRequest, key);
    const [secret, closed] = [answer['sharedSecret'] as Buffer, answer['sharedSecretCiphertextBlob'] as Buffer];
    assert.deepEqual([secret.length, closed.length, answer['keyId']], [32, keySpecs[spec].encapsulationBytes, key.permitted.keyArn]);
    assert.deepEqual(await open(closed), secret);
    closed[9] = (closed[9] ?? 0) ^ 1;
    const implicit = await open(closed);
    assert.notDeepEqual(implicit, secret);
    assert.deepEqual(await open(closed), implicit);
    for (const wrong of [closed.subarray(1), Buffer.concat([closed, closed]), Buffer.alloc(1)])
      await worker.refuses(() => open(wrong), 'InvalidCiphertextException', '');
  },
}));

const [firstKem] = kems;

/** Ed25519, ML-DSA and ML-KEM, on a module that carries them. */
export const newerSpecs: readonly WorkerCase[] = [
  ...signing,
  ...encapsulating,
  {
    name: 'every spec is carried but secp256k1, and SM2, which AWS has in China alone',
    run: ({ materials }) => assert.deepEqual([...materials.unserved.keys()], ['ECC_SECG_P256K1', 'SM2']),
  },
  {
    name: 'the module is at protection level L1, since it applies no unwrap template',
    run: ({ open }) => assert.equal(open.attack.level, 'L1'),
  },
  {
    name: 'Encapsulate unwraps nothing, and two of its secrets differ',
    run: async (place) => {
      const [worker, key] = [new TestWorker(place), await aKey(place, firstKem, 'ENCAPSULATE_DECAPSULATE')];
      const [one, other] = [await worker.do('kms.Encapsulate', kemRequest, key), await worker.do('kms.Encapsulate', kemRequest, key)];
      assert.notDeepEqual(one['sharedSecret'], other['sharedSecret']);
      assert.equal(worker.deps.backingKeys.size, 0);
    },
  },
  {
    name: 'a key of another usage neither encapsulates nor opens',
    run: async (place) => {
      const [worker, key] = [new TestWorker(place), await aKey(place, 'ML_DSA_44', 'SIGN_VERIFY')];
      await worker.refuses(() => worker.do('kms.Encapsulate', kemRequest, key), 'InvalidKeyUsageException', /not valid for Encapsulate\.$/);
      const opening = { ...kemRequest, sharedSecretCiphertextBlob: Buffer.alloc(768) };
      await worker.refuses(() => worker.do('kms.Decapsulate', opening, key), 'InvalidKeyUsageException', /not valid for Decapsulate\.$/);
    },
  },
  {
    name: 'GetPublicKey tells the encapsulation algorithm of an ML-KEM key, whose SubjectPublicKeyInfo OpenSSL reads',
    run: async (place) => {
      const [worker, key] = [new TestWorker(place), await aKey(place, 'ML_KEM_768', 'ENCAPSULATE_DECAPSULATE')];
      const answer = await worker.do('kms.GetPublicKey', { keyId: 'k', grantTokens: [] }, key);
      assert.deepEqual([answer['publicKey'], answer['encapsulationAlgorithms']], [publicKeyOf(key), [ML_KEM]]);
      assert.equal(keyObjectOf(key).asymmetricKeyType, 'ml-kem-768');
    },
  },
  {
    name: 'Ed25519ph, which the module has not, and external mu, which PKCS#11 has not, are refused with the reason',
    run: async (place) => {
      const worker = new TestWorker(place);
      const [edwards, mlDsa] = [await aKey(place, 'ECC_NIST_EDWARDS25519', 'SIGN_VERIFY'), await aKey(place, 'ML_DSA_44', 'SIGN_VERIFY')];
      for (const operation of ['kms.Sign', 'kms.Verify'] as const) {
        const prehashed = request('ED25519_PH_SHA_512', Buffer.alloc(64), DIGEST, Buffer.alloc(64));
        await worker.refuses(() => worker.do(operation, prehashed, edwards), 'UnsupportedOperationException', /softokn-post-quantum/);
        const mu = request('ML_DSA_SHAKE_256', Buffer.alloc(64), EXTERNAL_MU, Buffer.alloc(2420));
        await worker.refuses(() => worker.do(operation, mu, mlDsa), 'UnsupportedOperationException', /whole messages only/);
      }
    },
  },
];
