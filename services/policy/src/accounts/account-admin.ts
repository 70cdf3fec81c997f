import { randomInt } from 'node:crypto';
import type { accounts } from '@trent/contracts';
import { fail } from '@trent/errors';
import { parseAccountId, parsePrincipalArn, rootArn, type AccountId } from '@trent/identifiers';
import type { ChangeWriter } from '@trent/outbox';
import type { Database } from '@trent/postgres';
import { insertAccessKey, insertAccount, updateAccessKeyStatus, upsertCertificate } from '../store/accounts.ts';
import { listServices, updateService } from '../store/services.ts';
import { newAccessKey } from './new-access-key.ts';

export interface AccountAdminDeps {
  readonly db: Database;
  readonly writer: ChangeWriter;
  readonly seal: (plaintext: Buffer, label: string, deadline: number) => Promise<Buffer>;
}

/** As in alias/aws/s3 and s3.eu-west-1.amazonaws.com: a label of a host name. */
const SERVICE = /^[a-z0-9][a-z0-9-]{0,62}$/;

export const PRINCIPALS_FEED = 'principals';

/** The operator's deeds on accounts. They leave no record in any account's trail: no account called. */
export function accountAdmin(deps: AccountAdminDeps) {
  return {
    async createAccount(request: accounts.CreateAccountRequest, deadline: number): Promise<accounts.CreateAccountResponse> {
      const accountId = request.accountId === '' ? randomAccountId() : accountIdOf(request.accountId);
      const key = await newAccessKey(deps.seal, deadline);
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
      const key = await newAccessKey(deps.seal, deadline);
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

    /** A root is never a service: it is who the keys are for. */
    async mapService({ principalArn, service }: accounts.MapServiceRequest, deadline: number): Promise<accounts.MapServiceResponse> {
      if (parsePrincipalArn(principalArn)?.service !== 'iam') fail('InvalidInput', 'A service is the ARN of a user or role.');
      if (service !== '' && !SERVICE.test(service)) fail('InvalidInput', 'A service is written as in its alias: s3 for alias/aws/s3.');
      await deps.writer.change({ deadline }, async (tx) => {
        const version = await updateService(tx, principalArn, service === '' ? null : service);
        return { answer: new Uint8Array(0), changes: [principalChange(principalArn, version)], audit: [] };
      });
      return {};
    },

    async listServices(deadline: number): Promise<accounts.ListServicesResponse> {
      return { services: await listServices(deps.db, deadline) };
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
