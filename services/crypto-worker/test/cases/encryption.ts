import assert from 'node:assert/strict';
import { constants, publicEncrypt, randomBytes } from 'node:crypto';
import { kms } from '@trent/contracts';
import { maxPlaintextBytes } from '@trent/key-model';
import { soon, type Place, type WorkerCase } from '../support/case.ts';
import { aKey, keyObjectOf, TestWorker, type TestKey } from '../support/worker.ts';

const SYMMETRIC = kms.EncryptionAlgorithm.ENCRYPTION_ALGORITHM_SYMMETRIC_DEFAULT;
const OAEP = [
  { name: 'RSAES_OAEP_SHA_1', algorithm: kms.EncryptionAlgorithm.ENCRYPTION_ALGORITHM_RSAES_OAEP_SHA_1, oaepHash: 'sha1' },
  { name: 'RSAES_OAEP_SHA_256', algorithm: kms.EncryptionAlgorithm.ENCRYPTION_ALGORITHM_RSAES_OAEP_SHA_256, oaepHash: 'sha256' },
] as const;
const [SHA_1, SHA_256] = OAEP;

const made = new Map<'rsa', Promise<TestKey>>();
/** One RSA key for all cases, since it takes its time. */
function rsaKey(place: Place): Promise<TestKey> {
  const key = made.get('rsa') ?? aKey(place, 'RSA_2048', 'ENCRYPT_DECRYPT');
  made.set('rsa', key);
  return key;
}

const encryption = (encryptionAlgorithm: kms.EncryptionAlgorithm, plaintext: Buffer, context: [string, string][] = []) =>
  kms.EncryptRequest.create({ keyId: 'k', plaintext, encryptionAlgorithm, encryptionContext: new Map(context) });
const decryption = (encryptionAlgorithm: kms.EncryptionAlgorithm, ciphertextBlob: Buffer, context: [string, string][] = []) =>
  kms.DecryptRequest.create({ keyId: 'k', ciphertextBlob, encryptionAlgorithm, encryptionContext: new Map(context) });

const perHash: WorkerCase[] = OAEP.flatMap(({ name, algorithm, oaepHash }) => [
  {
    name: `${name}: what Encrypt and what OpenSSL encrypts, Decrypt opens; the longest plaintext too`,
    run: async (place: Place) => {
      const [worker, key] = [new TestWorker(place), await rsaKey(place)];
      const longest = maxPlaintextBytes('RSA_2048', name);
      for (const length of [1, 100, longest]) {
        const plaintext = randomBytes(length);
        const sealed = await worker.do('kms.Encrypt', encryption(algorithm, Buffer.from(plaintext)), key);
        assert.deepEqual([sealed['keyId'], sealed['encryptionAlgorithm']], [key.permitted.keyArn, algorithm]);
        const foreign = publicEncrypt({ key: keyObjectOf(key), padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, plaintext);
        for (const blob of [sealed['ciphertextBlob'] as Buffer, foreign]) {
          const opened = await worker.do('kms.Decrypt', decryption(algorithm, blob), key);
          assert.deepEqual(opened['plaintext'], plaintext);
          assert.deepEqual(
            [opened['keyId'], opened['encryptionAlgorithm'], opened['keyMaterialId']],
            [key.permitted.keyArn, algorithm, undefined],
          );
        }
      }
      const tooLong = `Algorithm ${name} and key spec RSA_2048 cannot encrypt data larger than ${String(longest)} bytes.`;
      await worker.refuses(
        () => worker.do('kms.Encrypt', encryption(algorithm, randomBytes(longest + 1)), key),
        'ValidationException',
        tooLong,
      );
    },
  },
  {
    name: `${name}: whatever is wrong with a ciphertext is InvalidCiphertextException without text`,
    run: async (place: Place) => {
      const [worker, key] = [new TestWorker(place), await rsaKey(place)];
      const padding = constants.RSA_PKCS1_OAEP_PADDING;
      const good = publicEncrypt({ key: keyObjectOf(key), padding, oaepHash }, Buffer.from('attack at dawn'));
      const turned = Buffer.from(good);
      turned[200] = (turned[200] ?? 0) ^ 1;
      const otherHash = publicEncrypt(
        { key: keyObjectOf(key), padding, oaepHash: oaepHash === 'sha1' ? 'sha256' : 'sha1' },
        Buffer.from('x'),
      );
      const labelled = publicEncrypt({ key: keyObjectOf(key), padding, oaepHash, oaepLabel: Buffer.from('label') }, Buffer.from('x'));
      const pkcs1 = publicEncrypt({ key: keyObjectOf(key), padding: constants.RSA_PKCS1_PADDING }, Buffer.from('x'));
      const bad = [
        turned,
        otherHash,
        labelled,
        pkcs1,
        good.subarray(1),
        Buffer.concat([good, Buffer.alloc(1)]),
        Buffer.alloc(256),
        Buffer.alloc(256, 0xff),
      ];
      for (const blob of bad)
        await worker.refuses(() => worker.do('kms.Decrypt', decryption(algorithm, blob), key), 'InvalidCiphertextException', '');
    },
  },
]);

/** Encrypt, Decrypt and ReEncrypt with RSA keys, beside symmetric ones. */
export const encryptions: readonly WorkerCase[] = [
  ...perHash,
  {
    name: 'an RSA algorithm takes no encryption context',
    run: async (place) => {
      const [worker, key] = [new TestWorker(place), await rsaKey(place)];
      const text = 'EncryptionContext is not supported for asymmetric encryption algorithms.';
      await worker.refuses(
        () => worker.do('kms.Encrypt', encryption(SHA_1.algorithm, Buffer.from('x'), [['a', 'b']]), key),
        'ValidationException',
        text,
      );
      await worker.refuses(
        () => worker.do('kms.Decrypt', decryption(SHA_1.algorithm, Buffer.alloc(256), [['a', 'b']]), key),
        'ValidationException',
        text,
      );
    },
  },
  {
    name: 'encrypting by a public key loads nothing into the token',
    run: async (place) => {
      const [worker, key] = [new TestWorker(place), await rsaKey(place)];
      await worker.do('kms.Encrypt', encryption(SHA_256.algorithm, Buffer.from('x')), key);
      assert.equal(worker.deps.backingKeys.size, 0);
    },
  },
  {
    name: 'ReEncrypt goes between symmetric and RSA keys, both ways, and within RSA',
    run: async (place) => {
      const [worker, rsa, symmetric] = [
        new TestWorker(place),
        await rsaKey(place),
        await aKey(place, 'SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT'),
      ];
      const plaintext = randomBytes(40);
      const context = new Map([['tenant', 'blue']]);
      const first = await worker.do(
        'kms.Encrypt',
        { ...encryption(SYMMETRIC, Buffer.from(plaintext)), encryptionContext: context },
        symmetric,
      );
      const toRsa = await worker.do(
        'kms.ReEncrypt',
        kms.ReEncryptRequest.create({
          ciphertextBlob: first['ciphertextBlob'] as Buffer,
          sourceEncryptionContext: context,
          destinationKeyId: 'k',
          destinationEncryptionAlgorithm: SHA_256.algorithm,
        }),
        symmetric,
        rsa,
      );
      assert.deepEqual(
        [
          toRsa['sourceKeyId'],
          toRsa['keyId'],
          toRsa['sourceKeyMaterialId'],
          toRsa['destinationKeyMaterialId'],
          toRsa['sourceEncryptionAlgorithm'],
          toRsa['destinationEncryptionAlgorithm'],
        ],
        [symmetric.permitted.keyArn, rsa.permitted.keyArn, symmetric.permitted.materialId, undefined, SYMMETRIC, SHA_256.algorithm],
      );
      const withinRsa = await worker.do(
        'kms.ReEncrypt',
        kms.ReEncryptRequest.create({
          ciphertextBlob: toRsa['ciphertextBlob'] as Buffer,
          sourceKeyId: 'k',
          sourceEncryptionAlgorithm: SHA_256.algorithm,
          destinationKeyId: 'k',
          destinationEncryptionAlgorithm: SHA_1.algorithm,
        }),
        rsa,
        rsa,
      );
      const back = await worker.do(
        'kms.ReEncrypt',
        kms.ReEncryptRequest.create({
          ciphertextBlob: withinRsa['ciphertextBlob'] as Buffer,
          sourceKeyId: 'k',
          sourceEncryptionAlgorithm: SHA_1.algorithm,
          destinationKeyId: 'k',
          destinationEncryptionContext: context,
        }),
        rsa,
        symmetric,
      );
      const opened = await worker.do(
        'kms.Decrypt',
        { ...decryption(SYMMETRIC, back['ciphertextBlob'] as Buffer), encryptionContext: context },
        symmetric,
      );
      assert.deepEqual(opened['plaintext'], plaintext);
    },
  },
  {
    name: 'ReEncrypt of a plaintext that is too long for the destination is invalid',
    run: async (place) => {
      const [worker, rsa, symmetric] = [
        new TestWorker(place),
        await rsaKey(place),
        await aKey(place, 'SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT'),
      ];
      const first = await worker.do('kms.Encrypt', encryption(SYMMETRIC, randomBytes(300)), symmetric);
      const request = kms.ReEncryptRequest.create({
        ciphertextBlob: first['ciphertextBlob'] as Buffer,
        destinationKeyId: 'k',
        destinationEncryptionAlgorithm: SHA_1.algorithm,
      });
      await worker.refuses(
        () => worker.do('kms.ReEncrypt', request, symmetric, rsa),
        'ValidationException',
        /cannot encrypt data larger than 214 bytes/,
      );
    },
  },
  {
    name: 'a symmetric Decrypt passes while the slow lane is full and a key is being made',
    run: async (place) => {
      const worker = new TestWorker(place);
      const key = await aKey(place, 'SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT');
      const sealed = await worker.do('kms.Encrypt', encryption(SYMMETRIC, Buffer.from('x')), key);
      const blocked = Promise.withResolvers<undefined>();
      const lanes = [place.materials.slowLane, place.materials.slowLane, place.materials.generationLane, place.materials.generationLane];
      const blockers = lanes.map((lane) => lane.run({ account: '111122223333', deadline: soon(), run: () => blocked.promise }));
      const opened = await worker.do('kms.Decrypt', decryption(SYMMETRIC, sealed['ciphertextBlob'] as Buffer), key);
      assert.deepEqual(opened['plaintext'], Buffer.from('x'));
      blocked.resolve(undefined);
      await Promise.all(blockers);
    },
  },
];
