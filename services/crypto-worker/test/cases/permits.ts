import assert from 'node:assert/strict';
import { kms } from '@trent/contracts';
import type { Permit } from '@trent/permit';
import { ACCOUNT, soon, type Place, type WorkerCase } from '../support/case.ts';
import { aKey, TestWorker } from '../support/worker.ts';

const plaintext = (): kms.EncryptRequest => kms.EncryptRequest.create({ keyId: 'k', plaintext: Buffer.from('attack at dawn') });
const signature = (): kms.SignRequest =>
  kms.SignRequest.create({
    keyId: 'k',
    message: Buffer.from('the message'),
    signingAlgorithm: kms.SigningAlgorithm.SIGNING_ALGORITHM_ECDSA_SHA_256,
  });

async function aWorkerWithKey(place: Place) {
  return { worker: new TestWorker(place), key: await aKey(place, 'SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT') };
}

/** What is wrong with a permit → one refusal, told to nobody why. */
const misfits: readonly (readonly [string, Partial<Permit>])[] = [
  ['of another operation', { operation: 'kms.Decrypt' }],
  ['of another region', { region: 'eu-west-1' }],
  ['for another input', { inputDigest: Buffer.alloc(32) }],
  ['whose time is over', { notBeforeMs: Date.now() - 60_000, notAfterMs: Date.now() - 58_000 }],
  ['whose time has not come', { notBeforeMs: Date.now() + 600_000, notAfterMs: Date.now() + 601_000 }],
];

const misfitting: WorkerCase[] = misfits.map(([what, changed]) => ({
  name: `P2: a permit ${what} opens nothing`,
  run: async (place) => {
    const { worker, key } = await aWorkerWithKey(place);
    await worker.refuses(() => worker.run(worker.item('kms.Encrypt', plaintext(), [key], changed)), 'AccessDeniedException');
    assert.equal(worker.deps.backingKeys.size, 0);
  },
}));

/** Permits, fence and tokens: what an item passes before anything is done. */
export const permits: readonly WorkerCase[] = [
  {
    name: 'a permit that fits is used, once',
    run: async (place) => {
      const { worker, key } = await aWorkerWithKey(place);
      const item = worker.item('kms.Encrypt', plaintext(), [key]);
      const { ciphertextBlob } = await worker.run(item);
      assert.ok(Buffer.isBuffer(ciphertextBlob));
      // The operation wiped the plaintext in the item.
      await worker.refuses(
        () => worker.run({ ...item, input: Buffer.from(kms.EncryptRequest.encode(plaintext()).finish()) }),
        'AccessDeniedException',
      );
    },
  },
  ...misfitting,
  {
    name: 'P2: a permit with one bit turned opens nothing',
    run: async (place) => {
      const { worker, key } = await aWorkerWithKey(place);
      const item = worker.item('kms.Encrypt', plaintext(), [key]);
      for (const at of [0, 10, 60, item.permit.length - 1]) {
        const permit = Buffer.from(item.permit);
        permit[at] = (permit[at] ?? 0) ^ 1;
        await worker.refuses(() => worker.run({ ...item, permit }), 'AccessDeniedException');
      }
    },
  },
  {
    name: 'an operation that is none of the worker’s is unknown',
    run: async (place) => {
      const { worker, key } = await aWorkerWithKey(place);
      const item = worker.item('kms.Encrypt', plaintext(), [key]);
      for (const operation of ['kms.CreateKey', 'toString', ''])
        await worker.refuses(() => worker.run({ ...item, operation }), 'UnknownOperationException');
    },
  },
  {
    name: 'P5: a token of another key than the permit’s opens nothing',
    run: async (place) => {
      const { worker, key } = await aWorkerWithKey(place);
      const other = await aKey(place, 'SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT');
      const swapped = { ...key, token: other.token };
      await worker.refuses(() => worker.do('kms.Encrypt', plaintext(), swapped), 'KMSInternalException', '');
      // Nor does the one that was opened before under its own permit.
      await worker.do('kms.Encrypt', plaintext(), other);
      await worker.refuses(() => worker.do('kms.Encrypt', plaintext(), swapped), 'KMSInternalException', '');
    },
  },
  {
    name: 'a token with one byte altered, anywhere, opens nothing',
    run: async (place) => {
      const { worker, key } = await aWorkerWithKey(place);
      for (let at = 0; at < key.token.length; at += 7) {
        const token = Buffer.from(key.token);
        token[at] = (token[at] ?? 0) ^ 0x40;
        await worker.refuses(() => worker.do('kms.Encrypt', plaintext(), { ...key, token }), 'KMSInternalException', '');
      }
    },
  },
  {
    name: 'a key of another class than the operation’s opens nothing',
    run: async (place) => {
      const worker = new TestWorker(place);
      const [hmac, ec] = [await aKey(place, 'HMAC_256', 'GENERATE_VERIFY_MAC'), await aKey(place, 'ECC_NIST_P256', 'SIGN_VERIFY')];
      for (const key of [hmac, ec]) await worker.refuses(() => worker.do('kms.Encrypt', plaintext(), key), 'KMSInternalException', '');
      const symmetric = await aKey(place, 'SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT');
      for (const key of [hmac, symmetric]) await worker.refuses(() => worker.do('kms.Sign', signature(), key), 'KMSInternalException', '');
    },
  },
  {
    name: 'P7: a permit older than a change of its key or principal is stale',
    run: async (place) => {
      const { worker, key } = await aWorkerWithKey(place);
      worker.fence.raise({ sequence: 1n, kind: 'key', id: key.parsed.header.keyId, version: 2n });
      await worker.refuses(() => worker.do('kms.Encrypt', plaintext(), key), 'DependencyTimeoutException');
      await worker.do('kms.Encrypt', plaintext(), { ...key, permitted: { ...key.permitted, authorisationVersion: 2n } });
      worker.fence.raise({ sequence: 2n, kind: 'principal', id: `arn:aws:iam::${ACCOUNT}:root`, version: 2n });
      const fresh = { ...key, permitted: { ...key.permitted, authorisationVersion: 2n } };
      await worker.refuses(() => worker.do('kms.Encrypt', plaintext(), fresh), 'DependencyTimeoutException');
      await worker.run(worker.item('kms.Encrypt', plaintext(), [fresh], { principalVersion: 2n }));
    },
  },
  {
    name: 'P7: a permit that waited on the slow lane is judged again when its turn comes',
    run: async (place) => {
      const worker = new TestWorker(place);
      const key = await aKey(place, 'ECC_NIST_P384', 'SIGN_VERIFY');
      const blocked = Promise.withResolvers<undefined>();
      const block = () => place.materials.slowLane.run({ account: '111122223333', deadline: soon(), run: () => blocked.promise });
      const blockers = [block(), block()];
      const request = { ...signature(), signingAlgorithm: kms.SigningAlgorithm.SIGNING_ALGORITHM_ECDSA_SHA_384 };
      const waiting = worker.refuses(() => worker.do('kms.Sign', request, key), 'DependencyTimeoutException');
      worker.fence.raise({ sequence: 1n, kind: 'key', id: key.parsed.header.keyId, version: 2n });
      blocked.resolve(undefined);
      await Promise.all([waiting, ...blockers]);
    },
  },
  {
    name: 'without a live lease nothing is done',
    run: async (place) => {
      const { worker, key } = await aWorkerWithKey(place);
      worker.isLive = false;
      await worker.refuses(() => worker.do('kms.Encrypt', plaintext(), key), 'DependencyTimeoutException');
    },
  },
];
