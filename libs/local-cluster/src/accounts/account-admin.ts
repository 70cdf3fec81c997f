import { readFileSync } from 'node:fs';
import type { PeerCertificate } from 'node:tls';
import { credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { accounts } from '@trent/contracts';
import type { ClusterCertificates } from '../pki/cluster-certificates.ts';

/** Creating an account writes through Postgres, NATS and a barrier; beyond this something is wrong. */
const DEADLINE_MS = 15_000;
const POLICY_ID = 'URI:spiffe://trent/service/policy';

/** A root access key as its owner gets to see it once. */
export interface RootKey {
  readonly accountId: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The operator's door into policy (mutual TLS with the operator's certificate). */
export interface AccountAdmin extends Disposable {
  /** Makes an account (a random id when empty). @returns undefined when there is one of this id */
  createAccount(accountId: string, name: string): Promise<RootKey | undefined>;
  createRootKey(accountId: string): Promise<RootKey>;
  /** Lets the bearer of a client certificate with this SPIFFE id act as a principal of the account, its root if none is named. */
  mapCertificate(accountId: string, spiffeId: string, principalArn?: string): Promise<void>;
  /** Makes a user or role a service (`s3`), or with the empty text none any more. */
  mapService(principalArn: string, service: string): Promise<void>;
  listServices(): Promise<accounts.MappedService[]>;
  /** Refuses everything of an account (its id), of a principal or on a key (their ARNs). Takes some seconds: then no permit of before is alive. */
  freeze(kind: FreezeKind, name: string, reason: string): Promise<void>;
  unfreeze(kind: FreezeKind, name: string, reason: string): Promise<void>;
  listFreezes(): Promise<accounts.FrozenTarget[]>;
  explain(request: accounts.ExplainRequest): Promise<accounts.ExplainResponse>;
}

/** What can be frozen. */
export type FreezeKind = 'account' | 'principal' | 'key';

/** Connects to one replica of policy. */
export function connectAccountAdmin(target: string, certificates: ClusterCertificates): AccountAdmin {
  const { internalCa, operator } = certificates;
  const identity = credentials.createSsl(readFileSync(internalCa), readFileSync(operator.key), readFileSync(operator.certificate), {
    checkServerIdentity: checkIsPolicy,
  });
  const client = new accounts.AccountAdminServiceClient(target, identity);
  const call = <Request, Response>(method: UnaryMethod<Request, Response>, request: Request): Promise<Response> =>
    new Promise((resolve, reject) => {
      method(request, new Metadata(), { deadline: Date.now() + DEADLINE_MS }, (error, response) => {
        if (error === null) resolve(response);
        else reject(error);
      });
    });
  return {
    createAccount: async (accountId, name) => {
      try {
        return await call(client.createAccount.bind(client), { accountId, name });
      } catch (error) {
        if ((error as ServiceError).code === status.ALREADY_EXISTS) return undefined;
        throw error;
      }
    },
    createRootKey: async (accountId) => ({ accountId, ...(await call(client.createRootAccessKey.bind(client), { accountId })) }),
    mapCertificate: async (accountId, spiffeId, principalArn = '') => {
      await call(client.mapCertificate.bind(client), { accountId, spiffeId, principalArn });
    },
    mapService: async (principalArn, service) => {
      await call(client.mapService.bind(client), { principalArn, service });
    },
    listServices: async () => (await call(client.listServices.bind(client), {})).services,
    freeze: async (kind, name, reason) => {
      await call(client.freeze.bind(client), { kind, name, reason });
    },
    unfreeze: async (kind, name, reason) => {
      await call(client.unfreeze.bind(client), { kind, name, reason });
    },
    listFreezes: async () => (await call(client.listFreezes.bind(client), {})).frozen,
    explain: (request) => call(client.explain.bind(client), request),
    [Symbol.dispose]: () => {
      client.close();
    },
  };
}

type UnaryMethod<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: { deadline: number },
  callback: (error: ServiceError | null, response: Response) => void,
) => unknown;

/** The server must be policy itself, not just anybody with a certificate of the internal CA. */
function checkIsPolicy(_host: string, certificate: PeerCertificate): Error | undefined {
  const names = certificate.subjectaltname?.split(', ') ?? [];
  return names.includes(POLICY_ID) ? undefined : new Error(`the server is ${names[0] ?? 'nobody'}, not policy`);
}
