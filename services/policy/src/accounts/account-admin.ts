import { randomBytes, randomInt } from 'node:crypto';
import type { accounts } from '@trent/contracts';
import { fail } from '@trent/errors';
import { parseAccountId, parsePrincipalArn, rootArn, type AccountId } from '@trent/identifiers';
import type { ChangeWriter } from '@trent/outbox';
import { insertAccessKey, insertAccount, updateAccessKeyStatus, upsertCertificate } from '../store/accounts.ts';
import { accessKeyLabel } from './credentials.ts';

export interface AccountAdminDeps {
  readonly writer: ChangeWriter;
  readonly seal: (plaintext: Buffer, label: string, deadline: number) => Promise<Buffer>;
}

export const PRINCIPALS_FEED = 'principals';

/** Base32 as AWS's access key ids have it: 16 characters behind the prefix. */
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The operator's deeds on accounts. They leave no record in any account's trail: no account called. */
export function accountAdmin(deps: AccountAdminDeps) {
  return {
    async createAccount(request: accounts.CreateAccountRequest, deadline: number): Promise<accounts.CreateAccountResponse> {
      const accountId = request.accountId === '' ? randomAccountId() : accountIdOf(request.accountId);
      const key = await newAccessKey(deps, deadline);
      await deps.writer.change({ deadline }, async (tx) => {
        await insertAccount(tx, accountId, request.name);
        await insertAccessKey(tx, key.accessKeyId, rootArn(accountId), key.sealed);
        return { answer: new Uint8Array(0), changes: [], audit: [] };
      });
      return { accountId, accessKeyId: key.accessKeyId, secretAccessKey: key.secretAccessKey };
    },

    async createRootAccessKey(
      request: accounts.CreateRootAccessKeyRequest,
      deadline: number,
    ): Promise<accounts.CreateRootAccessKeyResponse> {
      const accountId = accountIdOf(request.accountId);
      const key = await newAccessKey(deps, deadline);
      await deps.writer.change({ deadline }, async (tx) => {
        await insertAccessKey(tx, key.accessKeyId, rootArn(accountId), key.sealed);
        return { answer: new Uint8Array(0), changes: [], audit: [] };
      });
      return { accessKeyId: key.accessKeyId, secretAccessKey: key.secretAccessKey };
    },

    async setAccessKeyStatus(request: accounts.SetAccessKeyStatusRequest, deadline: number): Promise<accounts.SetAccessKeyStatusResponse> {
      await deps.writer.change({ deadline }, async (tx) => {
        const { principalArn, version } = await updateAccessKeyStatus(tx, request.accessKeyId, request.active);
        return { answer: new Uint8Array(0), changes: [principalChange(principalArn, version)], audit: [] };
      });
      return {};
    },

    async mapCertificate(request: accounts.MapCertificateRequest, deadline: number): Promise<accounts.MapCertificateResponse> {
      const accountId = accountIdOf(request.accountId);
      const principalArn = request.principalArn === '' ? rootArn(accountId) : request.principalArn;
      if (parsePrincipalArn(principalArn)?.account !== accountId) fail('InvalidInput', 'The principal is not of this account.');
      if (!/^spiffe:\/\/[\x21-\x7e]{1,1024}$/.test(request.spiffeId)) fail('InvalidInput', 'The SPIFFE id is malformed.');
      await deps.writer.change({ deadline }, async (tx) => {
        const version = await upsertCertificate(tx, request.spiffeId, principalArn);
        return { answer: new Uint8Array(0), changes: [principalChange(principalArn, version)], audit: [] };
      });
      return {};
    },
  };
}

function principalChange(id: string, version: bigint) {
  return { feed: PRINCIPALS_FEED, kind: 'principal', id, version, barrier: true };
}

function accountIdOf(text: string): AccountId {
  return parseAccountId(text) ?? fail('InvalidInput', 'An account id has 12 digits.');
}

function randomAccountId(): AccountId {
  return accountIdOf(`${randomInt(100_000, 1_000_000)}${randomInt(0, 1_000_000).toString().padStart(6, '0')}`);
}

async function newAccessKey(deps: AccountAdminDeps, deadline: number) {
  const accessKeyId = `AKIA${Array.from(randomBytes(16), (byte) => BASE32[byte & 31]).join('')}`;
  // 30 random bytes in Base64 are the 40 characters that every client expects.
  const secretAccessKey = randomBytes(30).toString('base64');
  const sealed = await deps.seal(Buffer.from(secretAccessKey), accessKeyLabel(accessKeyId), deadline);
  return { accessKeyId, secretAccessKey, sealed };
}
