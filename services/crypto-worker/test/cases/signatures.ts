import assert from 'node:assert/strict';
import { constants, createHash, verify } from 'node:crypto';
import { awsEnum, kms } from '@trent/contracts';
import { algorithmsOf, signingAlgorithms, type KeySpec, type SigningAlgorithm } from '@trent/key-model';
import { CKK, CKM, CKO, CURVES, plain } from '@trent/pkcs11';
import { edwardsPublicKeyDer } from '../../src/keys/public-key-der.ts';
import { signingForm } from '../../src/signatures/algorithms.ts';
import { withPublicKey } from '../../src/signatures/public-key-object.ts';
import type { Place, WorkerCase } from '../support/case.ts';
import { aKey, keyObjectOf, publicKeyOf, TestWorker, type TestKey } from '../support/worker.ts';
import { createPublicKey } from 'node:crypto';

const fromAws = awsEnum('trent.kms.v1.SigningAlgorithm').fromAws;
const message = Buffer.from('the message');
const RAW = kms.MessageType.MESSAGE_TYPE_RAW;
const DIGEST = kms.MessageType.MESSAGE_TYPE_DIGEST;
const specs: readonly KeySpec[] = ['RSA_2048', 'ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521', 'ECC_SECG_P256K1'];
const cells = specs.flatMap((spec) =>
  algorithmsOf(spec, 'SIGN_VERIFY').map((algorithm) => ({ spec, algorithm: algorithm as SigningAlgorithm })),
);

/** One key a spec: RSA keys take their time. */
const made = new Map<KeySpec, Promise<TestKey>>();
function keyOf(place: Place, spec: KeySpec): Promise<TestKey> {
  const known = made.get(spec) ?? aKey(place, spec, 'SIGN_VERIFY');
  made.set(spec, known);
  return known;
}

function digestFor(algorithm: SigningAlgorithm, bytes: Buffer): Buffer {
  return createHash(signingAlgorithms[algorithm].hash ?? '')
    .update(bytes)
    .digest();
}

/** OpenSSL's opinion of a signature. */
function holds(key: TestKey, algorithm: SigningAlgorithm, signature: Buffer): boolean {
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  const options = algorithm.startsWith('RSASSA_PSS') ? pss : { dsaEncoding: 'der' as const };
  return verify(signingAlgorithms[algorithm].hash, message, { key: keyObjectOf(key), ...options }, signature);
}

const request = (algorithm: SigningAlgorithm, bytes: Buffer, messageType: kms.MessageType | undefined, signature?: Buffer) => ({
  keyId: 'k',
  message: Buffer.from(bytes),
  messageType,
  signingAlgorithm: fromAws(algorithm) as kms.SigningAlgorithm,
  grantTokens: [],
  signature,
  dryRun: undefined,
});

const roundTrips: WorkerCase[] = cells.map(({ spec, algorithm }) => ({
  name: `${algorithm} with ${spec}: RAW and DIGEST give signatures that OpenSSL and Verify accept`,
  run: async (place) => {
    const [worker, key] = [new TestWorker(place), await keyOf(place, spec)];
    const digest = digestFor(algorithm, message);
    for (const [bytes, type] of [
      [message, undefined],
      [message, RAW],
      [digest, DIGEST],
    ] as const) {
      const answer = await worker.do('kms.Sign', request(algorithm, bytes, type), key);
      const signature = answer['signature'] as Buffer;
      assert.equal(answer['keyId'], key.permitted.keyArn);
      assert.equal(answer['signingAlgorithm'], fromAws(algorithm));
      assert.equal(holds(key, algorithm, signature), true);
      for (const [claimed, claimedType] of [
        [message, RAW],
        [digest, DIGEST],
      ] as const) {
        const verdict = await worker.do('kms.Verify', request(algorithm, claimed, claimedType, signature), key);
        assert.deepEqual([verdict['signatureValid'], verdict['keyId']], [true, key.permitted.keyArn]);
      }
    }
  },
}));

const wrong: WorkerCase[] = cells.map(({ spec, algorithm }) => ({
  name: `${algorithm} with ${spec}: whatever is wrong with a signature is KMSInvalidSignatureException without text`,
  run: async (place) => {
    const [worker, key] = [new TestWorker(place), await keyOf(place, spec)];
    const { signature } = (await worker.do('kms.Sign', request(algorithm, message, RAW), key)) as { signature: Buffer };
    const turned = Buffer.from(signature);
    turned[turned.length - 1] = (turned.at(-1) ?? 0) ^ 1;
    const other = Buffer.from('another message');
    const claims: [Buffer, Buffer][] = [
      [message, turned],
      [other, signature],
      [message, signature.subarray(1)],
      [message, Buffer.concat([signature, Buffer.alloc(1)])],
      [message, Buffer.alloc(signature.length)],
      [message, Buffer.alloc(signature.length, 0xff)],
      [message, Buffer.alloc(6144, 0x30)],
      [message, Buffer.from([0x30])],
    ];
    for (const [claimed, forged] of claims)
      await worker.refuses(
        () => worker.do('kms.Verify', request(algorithm, claimed, RAW, forged), key),
        'KMSInvalidSignatureException',
        '',
      );
  },
}));

/** Sign and Verify. */
export const signatures: readonly WorkerCase[] = [
  ...roundTrips,
  ...wrong,
  {
    name: 'a signature of another algorithm of the same key does not hold',
    run: async (place) => {
      const [worker, key] = [new TestWorker(place), await keyOf(place, 'RSA_2048')];
      const signed = await worker.do('kms.Sign', request('RSASSA_PSS_SHA_256', message, RAW), key);
      const claim = request('RSASSA_PKCS1_V1_5_SHA_256', message, RAW, signed['signature'] as Buffer);
      await worker.refuses(() => worker.do('kms.Verify', claim, key), 'KMSInvalidSignatureException', '');
    },
  },
  {
    name: 'a digest of another length, or a message type that the algorithm does not take, is invalid',
    run: async (place) => {
      const [worker, key] = [new TestWorker(place), await keyOf(place, 'ECC_NIST_P256')];
      const short = request('ECDSA_SHA_256', Buffer.alloc(31), DIGEST);
      await worker.refuses(
        () => worker.do('kms.Sign', short, key),
        'ValidationException',
        'Digest is invalid length for algorithm ECDSA_SHA_256.',
      );
      const mu = request('ECDSA_SHA_256', Buffer.alloc(64), kms.MessageType.MESSAGE_TYPE_EXTERNAL_MU);
      await worker.refuses(() => worker.do('kms.Sign', mu, key), 'ValidationException', /EXTERNAL_MU is not supported/);
    },
  },
  {
    name: 'GetPublicKey tells the key of the token, and Verify needs nothing unwrapped',
    run: async (place) => {
      const [worker, key] = [new TestWorker(place), await keyOf(place, 'ECC_NIST_P521')];
      const answer = await worker.do('kms.GetPublicKey', { keyId: 'k', grantTokens: [] }, key);
      assert.deepEqual(answer, {
        keyId: key.permitted.keyArn,
        publicKey: publicKeyOf(key),
        customerMasterKeySpec: kms.CustomerMasterKeySpec.CUSTOMER_MASTER_KEY_SPEC_ECC_NIST_P521,
        keySpec: kms.KeySpec.KEY_SPEC_ECC_NIST_P521,
        keyUsage: kms.KeyUsage.KEY_USAGE_SIGN_VERIFY,
        encryptionAlgorithms: [],
        signingAlgorithms: [kms.SigningAlgorithm.SIGNING_ALGORITHM_ECDSA_SHA_512],
        keyAgreementAlgorithms: [],
        encapsulationAlgorithms: [],
      });
      const forged = request('ECDSA_SHA_512', message, RAW, Buffer.from('3006020101020101', 'hex'));
      await worker.refuses(() => worker.do('kms.Verify', forged, key), 'KMSInvalidSignatureException', '');
      assert.equal(worker.deps.backingKeys.size, 0);
    },
  },
  {
    name: 'a public key rewritten in the stored row is not handed out and verifies nothing',
    run: async (place) => {
      const [worker, key, other] = [
        new TestWorker(place),
        await aKey(place, 'ECC_NIST_P256', 'SIGN_VERIFY'),
        await aKey(place, 'ECC_NIST_P256', 'SIGN_VERIFY'),
      ];
      const token = Buffer.from(key.token);
      token.set(publicKeyOf(other), token.indexOf(publicKeyOf(key)));
      const forged = { ...key, token };
      await worker.refuses(() => worker.do('kms.GetPublicKey', { keyId: 'k', grantTokens: [] }, forged), 'KMSInternalException', '');
      const { signature } = (await worker.do('kms.Sign', request('ECDSA_SHA_256', message, RAW), other)) as { signature: Buffer };
      await worker.refuses(
        () => worker.do('kms.Verify', request('ECDSA_SHA_256', message, RAW, signature), forged),
        'KMSInternalException',
        '',
      );
    },
  },
  {
    name: 'Ed25519, where a module carries it, signs and verifies as OpenSSL does (RFC 8032)',
    run: ({ open: { session, dialect } }) => {
      const base = { token: false, private: false, keyType: CKK.EC_EDWARDS } as const;
      const ecParams = Buffer.from(CURVES.Ed25519, 'hex');
      const pair = session.generateKeyPair(
        plain(CKM.EC_EDWARDS_KEY_PAIR_GEN),
        { ...base, class: CKO.PUBLIC_KEY, verify: true, ecParams },
        { ...base, class: CKO.PRIVATE_KEY, sign: true },
      );
      const key = createPublicKey({ key: edwardsPublicKeyDer(session, pair.publicKey), format: 'der', type: 'spki' });
      const { mechanism } = signingForm('ED25519_SHA_512', 'RAW', dialect);
      const signature = session.sign(mechanism, pair.privateKey, message);
      assert.equal(verify(null, message, key, signature), true);
      assert.equal(
        withPublicKey(session, dialect, key, (object) => session.verify(mechanism, object, message, signature)),
        true,
      );
    },
  },
];
