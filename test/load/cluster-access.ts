import {
  clusterCertificates,
  clusterFolder,
  readEnvFile,
  readSettings,
  type ClusterFolder,
  type ClusterSettings,
} from '@trent/local-cluster';
import type { HttpsAccess } from './targets/https.ts';
import type { NativeAccess } from './targets/native.ts';
import type { WorkerAccess } from './targets/worker.ts';

/** All ways into a local cluster: what `DIR/env` tells every client, and what only who owns DIR can read. */
export interface ClusterAccess {
  readonly folder: ClusterFolder;
  readonly settings: ClusterSettings;
  readonly accountId: string;
  readonly region: string;
  readonly https: HttpsAccess;
  readonly native: NativeAccess;
  readonly worker: WorkerAccess;
}

/** Reads how to reach the cluster in DIR. @throws Error one line, when there is none */
export function clusterAccess(dir: string): ClusterAccess {
  const folder = clusterFolder(dir);
  const settings = readSettings(folder);
  const env = readEnvFile(folder.env);
  if (settings === undefined || env === undefined) throw new Error(`there is no cluster in ${dir}: npm run up`);
  const variable = (name: string): string => {
    const value = env[name];
    if (value === undefined) throw new Error(`${folder.env} does not export ${name}`);
    return value;
  };
  const pki = clusterCertificates(folder.pki);
  const [zone = 'a'] = settings.zones;
  const port = (name: string): string => `localhost:${String(settings.ports[name])}`;
  const accountId = variable('TRENT_ACCOUNT_ID');
  const region = variable('AWS_REGION');
  return {
    folder,
    settings,
    accountId,
    region,
    https: {
      endpointUrl: variable('AWS_ENDPOINT_URL'),
      region,
      accessKeyId: variable('AWS_ACCESS_KEY_ID'),
      secretAccessKey: variable('AWS_SECRET_ACCESS_KEY'),
      ca: variable('AWS_CA_BUNDLE'),
    },
    native: {
      target: variable('TRENT_GRPC_TARGET'),
      ca: variable('TRENT_CA'),
      certificate: variable('TRENT_CERT'),
      key: variable('TRENT_KEY'),
    },
    worker: {
      region,
      accountId,
      caller: `spiffe://trent/account/${accountId}/root`,
      policyTarget: port(`policy-${zone}.grpc`),
      workerTarget: port(`crypto-worker-${zone}.grpc`),
      asGateway: { ca: pki.internalCa, ...pki.service('gateway') },
      asPolicy: { ca: pki.internalCa, ...pki.service('policy') },
    },
  };
}
