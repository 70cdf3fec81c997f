import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, credentials, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execute, kms } from '@trent/contracts';
import { waitUntil } from '@trent/local-cluster';
import { Caller } from '../fixtures/caller.ts';
import { firstAccount, testCluster } from '../fixtures/cluster.ts';
import { connectInternal, executeEncrypt, permittedEncrypt, type Identity, type Permitted } from '../fixtures/internal.ts';
import { aKey, type TestKey } from '../fixtures/keys.ts';

const REGION = 'us-east-1';
const WORKER = 'crypto-worker-a';
/** The worker of the other region. */
const ELSEWHERE = 'crypto-worker-eu-west-1-a';
/** A permit lives 3 s, and a second of leeway. */
const PERMIT_LIFE_MS = 8_000;

const caller = new Caller();
const cluster = testCluster();
let policy: Client;
let worker: Client;
let key: TestKey;
let other: TestKey;
beforeAll(async () => {
  policy = connectInternal('gateway', 'policy-a');
  worker = connectInternal('gateway', WORKER);
  key = await aKey(caller);
  other = await aKey(caller);
});
afterAll(() => {
  policy.close();
  worker.close();
  caller[Symbol.dispose]();
});

const permitted = (keyId = key.id, plaintext = 'x'): Promise<Permitted> =>
  permittedEncrypt(policy, { account: firstAccount(cluster).accountId, keyId, region: REGION, plaintext });

const DENIED = { code: 'AccessDeniedException' };

describe("P2: no use without a permit, even with the gateway's own certificate", () => {
  test('a permit for this very input is executed, once: replayed it is refused', async () => {
    const own = await permitted();
    const first = await executeEncrypt(worker, own);
    expect(first).toEqual({ output: expect.anything() });
    expect(kms.EncryptResponse.decode((first as { output: Buffer }).output).keyId).toBe(key.arn);
    expect(await executeEncrypt(worker, own)).toEqual(DENIED);
  });

  test.each([
    { name: 'no permit', change: (own: Permitted) => ({ ...own, permit: Buffer.alloc(0) }) },
    { name: 'rubbish for a permit', change: (own: Permitted) => ({ ...own, permit: Buffer.alloc(own.permit.length, 7) }) },
    { name: 'half a permit', change: (own: Permitted) => ({ ...own, permit: own.permit.subarray(0, own.permit.length / 2) }) },
    {
      name: 'a stolen permit with another input',
      change: (own: Permitted) => ({
        ...own,
        input: Buffer.from(
          kms.EncryptRequest.encode(kms.EncryptRequest.create({ keyId: key.id, plaintext: Buffer.from('mine') })).finish(),
        ),
      }),
    },
    { name: 'a permit without its token', change: (own: Permitted) => ({ ...own, tokens: [] }) },
  ])('$name is refused', async ({ change }) => {
    expect(await executeEncrypt(worker, change(await permitted()))).toEqual({ code: expect.stringMatching(/AccessDenied|KMSInternal/) });
  });

  test('a permit with any bit turned is refused', async () => {
    const own = await permitted();
    for (let byte = 0; byte < own.permit.length; byte += 5) {
      const permit = Buffer.from(own.permit);
      permit[byte] = permit[byte]! ^ 1;
      expect(await executeEncrypt(worker, { ...own, permit })).toEqual(DENIED);
    }
  });

  test('a permit for one key does not open the token of another', async () => {
    const [own, stolen] = [await permitted(), await permitted(other.id)];
    expect(await executeEncrypt(worker, { ...own, tokens: stolen.tokens })).toEqual({
      code: expect.stringMatching(/AccessDenied|KMSInternal/),
    });
  });

  test('a permit for one operation is not good for another', async () => {
    expect(await executeEncrypt(worker, await permitted(), 'kms.GenerateDataKey')).toEqual(DENIED);
  });

  test('a permit of one region is refused in the other', async () => {
    const elsewhere = connectInternal('gateway', ELSEWHERE);
    expect(await executeEncrypt(elsewhere, await permitted())).toEqual(DENIED);
    elsewhere.close();
  });

  test('a permit issued before its key was disabled is refused after', async () => {
    const own = await aKey(caller);
    const early = await permitted(own.id);
    await caller.ok('DisableKey', { KeyId: own.id });
    expect(await executeEncrypt(worker, early)).toEqual({ code: expect.stringMatching(/^(AccessDenied|Disabled|DependencyTimeout)/) });
  });

  test('a permit past its time is refused', async () => {
    const own = await permitted();
    const end = performance.now() + PERMIT_LIFE_MS;
    const notBefore = performance.now() + 4_500;
    await waitUntil('the end of a permit', PERMIT_LIFE_MS, () => performance.now() > Math.min(notBefore, end) || 'it lives');
    expect(await executeEncrypt(worker, own)).toEqual(DENIED);
  });

  test.each(['policy', 'key-metadata', 'crypto-worker', 'audit-ingest', 'operator'] satisfies Identity[])(
    'the certificate of %s may not ask for an execution at all',
    async (identity) => {
      const client = connectInternal(identity, WORKER);
      await expect(executeEncrypt(client, await permitted())).rejects.toMatchObject({ code: status.PERMISSION_DENIED });
      client.close();
    },
  );

  test.each(['gateway', 'key-metadata', 'operator'] satisfies Identity[])(
    'the certificate of %s does not get the permit key',
    async (identity) => {
      const client = connectInternal(identity, WORKER);
      const { path, requestSerialize, responseDeserialize } = execute.PermitKeyServiceService.getPermitKey;
      const error = await new Promise((resolve) => {
        const request = { region: REGION, hour: Math.floor(Date.now() / 3_600_000) };
        client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, resolve);
      });
      expect(error).toMatchObject({ code: status.PERMISSION_DENIED });
      client.close();
    },
  );

  test("an account's certificate opens no internal door", async () => {
    const pem = (name: string): Buffer => readFileSync(join(cluster.folder.pki, name));
    const { cert, key: certKey } = firstAccount(cluster);
    const identity = credentials.createSsl(pem('internal-ca.crt'), certKey, cert, { checkServerIdentity: () => undefined });
    const client = new Client(`127.0.0.1:${String(cluster.port(`${WORKER}.grpc`))}`, identity);
    await expect(executeEncrypt(client, await permitted())).rejects.toMatchObject({ code: status.UNAVAILABLE });
    client.close();
  });
});
