import { portOf } from '../cluster/service-rows.ts';
import type { ClusterFolder, ClusterSettings } from '../cluster/settings.ts';
import { accountSpiffeId, clusterCertificates, ensureAccountCertificate } from '../pki/cluster-certificates.ts';
import { connectAccountAdmin, type AccountAdmin, type RootKey } from './account-admin.ts';
import { accountVariables, readEnvFile, writeEnvFile, type AccountEnvironment } from './env-file.ts';

/** The account that every local cluster begins with. */
export const FIRST_ACCOUNT = '111122223333';

/** Makes the first account unless `DIR/env` has it already; the addresses in `DIR/env` are brought up to date. */
export async function ensureFirstAccount(folder: ClusterFolder, settings: ClusterSettings): Promise<void> {
  await ensureAccountCertificate(folder.pki, FIRST_ACCOUNT, Date.now());
  const known = readEnvFile(folder.env);
  const accessKeyId = known?.['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = known?.['AWS_SECRET_ACCESS_KEY'];
  const key =
    accessKeyId !== undefined && secretAccessKey !== undefined
      ? { accountId: FIRST_ACCOUNT, accessKeyId, secretAccessKey }
      : await openFirst(folder, settings);
  writeEnvFile(folder.env, accountVariables(environmentOf(folder, settings, key)));
}

/** A crash may have come between making the account and writing its key down: then it gets another key. */
async function openFirst(folder: ClusterFolder, settings: ClusterSettings): Promise<RootKey> {
  using admin = connectAccountAdmin(policyTarget(settings), clusterCertificates(folder.pki));
  const made = (await admin.createAccount(FIRST_ACCOUNT, 'first')) ?? (await admin.createRootKey(FIRST_ACCOUNT));
  await admin.mapCertificate(FIRST_ACCOUNT, accountSpiffeId(FIRST_ACCOUNT));
  return made;
}

/**
 * Makes another account with a client certificate.
 * @throws Error one line, when there is an account of this id
 */
export async function openAccount(folder: ClusterFolder, settings: ClusterSettings, accountId: string): Promise<AccountEnvironment> {
  using admin = connectAccountAdmin(policyTarget(settings), clusterCertificates(folder.pki));
  const key = await admin.createAccount(accountId, '');
  if (key === undefined) throw new Error(`there is an account ${accountId} already`);
  await ensureAccountCertificate(folder.pki, key.accountId, Date.now());
  await admin.mapCertificate(key.accountId, accountSpiffeId(key.accountId));
  return environmentOf(folder, settings, key);
}

function environmentOf(folder: ClusterFolder, settings: ClusterSettings, key: RootKey): AccountEnvironment {
  const pki = clusterCertificates(folder.pki);
  const { certificate, key: keyFile } = pki.account(key.accountId);
  return {
    endpointUrl: `https://localhost:${portOf(settings, 'shared.https')}`,
    grpcTarget: `localhost:${portOf(settings, 'shared.grpc')}`,
    region: settings.regions[0] ?? '',
    accountId: key.accountId,
    accessKeyId: key.accessKeyId,
    secretAccessKey: key.secretAccessKey,
    edgeCa: pki.edgeCa,
    certificate,
    key: keyFile,
  };
}

function policyTarget(settings: ClusterSettings): string {
  return `localhost:${portOf(settings, `policy-${settings.zones[0] ?? 'a'}.grpc`)}`;
}

/** The operator's door of a local cluster, to the first replica of policy. */
export function operatorOf(folder: ClusterFolder, settings: ClusterSettings): AccountAdmin {
  return connectAccountAdmin(policyTarget(settings), clusterCertificates(folder.pki));
}
