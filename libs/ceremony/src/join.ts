import { findRootSet, listRootSets, plain, recordTemplate, rootKeyLabel, rootKeyTemplate, rootRoles, verifyRootSet } from '@trent/pkcs11';
import type { CryptoProfile, RootSetRecord } from '@trent/pkcs11';
import type { SecretBytes } from '@trent/secret-bytes';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { refuse } from './ceremony-error.ts';
import { checkApprovals, describeToken, newRequestHead } from './request.ts';
import type { Approval, JoinRequest } from './request.ts';
import { checkSeal, packageDigest } from './root-package.ts';
import type { RootPackage } from './root-package.ts';
import { joinShares, openShare } from './shares.ts';
import { checkProfile, importKek } from './token.ts';
import type { CeremonyToken } from './token.ts';

/** A join that waits for approvals. `identity` opens the shares: it stays in the ceremony and dies with it. */
export interface PendingJoin {
  readonly request: JoinRequest;
  readonly identity: string;
}

/** Asks the operators of a package to let one token join. The token is checked for the profile first. */
export async function createJoinRequest(options: {
  readonly rootPackage: RootPackage;
  readonly token: CeremonyToken;
  readonly nowMs: number;
  readonly lifetimeMs?: number;
}): Promise<PendingJoin> {
  const { rootPackage, token, nowMs } = options;
  checkProfile(token, rootPackage.profile);
  const identity = await generateX25519Identity();
  return {
    identity,
    request: {
      ...newRequestHead(nowMs, options.lifetimeMs),
      action: 'join',
      region: rootPackage.region,
      rootVersion: rootPackage.rootVersion,
      packageDigest: packageDigest(rootPackage),
      token: describeToken(token.info),
      recipient: await identityToRecipient(identity),
    },
  };
}

/** How a join ended. `deviations` are attributes of root keys that the token did not take as given (L2 needs none). */
export interface JoinResult {
  readonly outcome: 'joined' | 'already-joined';
  readonly record: RootSetRecord;
  readonly deviations: readonly string[];
}

/** Whether the token has this package's root set already. Refuses one that has another under the same region and version. */
export function hasJoined(token: CeremonyToken, rootPackage: RootPackage): boolean {
  const { region, rootVersion } = rootPackage;
  const record = listRootSets(token.session, token.module.dialect).find((one) => one.region === region && one.rootVersion === rootVersion);
  if (record === undefined) return false;
  if (record.packageDigest === packageDigest(rootPackage)) return true;
  return refuse('other-root-set', `the token holds another root set of ${region}, version ${String(rootVersion)}`);
}

/**
 * Puts the root set into the token: checks the approvals, joins the shares, checks the package's seal, imports the KEK
 * as a session object, unwraps each root key with its final template and drops the KEK. The record comes last; what an
 * interrupted join has left is removed first.
 */
export async function completeJoin(options: {
  readonly rootPackage: RootPackage;
  readonly pending: PendingJoin;
  readonly approvals: readonly Approval[];
  readonly token: CeremonyToken;
  readonly nowMs: number;
}): Promise<JoinResult> {
  const { rootPackage, pending, approvals, token, nowMs } = options;
  const { request } = pending;
  if (request.packageDigest !== packageDigest(rootPackage)) refuse('wrong-package', 'the request is for another package');
  if (JSON.stringify(request.token) !== JSON.stringify(describeToken(token.info)))
    refuse('wrong-token', 'the request is for another token');
  checkApprovals({ request, approvals, operators: rootPackage.operators, needed: rootPackage.threshold, nowMs });
  const profile = checkProfile(token, rootPackage.profile);
  if (hasJoined(token, rootPackage)) return resultOf('already-joined', token, rootPackage);
  using kek = await gatherKek(rootPackage, approvals, pending.identity);
  checkSeal(rootPackage, kek);
  removeLeftovers(token, rootPackage);
  installKeys(token, rootPackage, profile, kek);
  token.session.createObject(recordTemplate(recordOf(rootPackage, profile), token.module.dialect));
  return resultOf('joined', token, rootPackage);
}

async function gatherKek(rootPackage: RootPackage, approvals: readonly Approval[], identity: string): Promise<SecretBytes> {
  const shares = new Map<string, SecretBytes>();
  try {
    for (const { operator, share } of approvals) {
      if (share === undefined) refuse('malformed', `${operator} has sent no share`);
      if (!shares.has(operator)) shares.set(operator, await openShare(share, identity));
    }
    return await joinShares([...shares.values()], rootPackage.threshold);
  } finally {
    for (const share of shares.values()) share[Symbol.dispose]();
  }
}

function removeLeftovers({ session }: CeremonyToken, rootPackage: RootPackage): void {
  for (const role of rootRoles) {
    const label = rootKeyLabel(rootPackage, role);
    for (const key of session.findObjects({ token: true, label })) session.destroyObject(key);
  }
}

function installKeys(token: CeremonyToken, rootPackage: RootPackage, profile: CryptoProfile, kek: SecretBytes): void {
  const { session, module } = token;
  const unwrappingKey = importKek(token, kek, 'unwrap');
  try {
    for (const role of rootRoles) {
      const template = rootKeyTemplate(role, rootPackage, { dialect: module.dialect, profile, token: true });
      session.unwrapKey(plain(module.dialect.kwp), unwrappingKey, Buffer.from(rootPackage.keys[role], 'base64'), template);
    }
  } catch (error) {
    removeLeftovers(token, rootPackage);
    throw error;
  } finally {
    session.destroyObject(unwrappingKey);
  }
}

function recordOf(rootPackage: RootPackage, profile: CryptoProfile): RootSetRecord {
  const { region, rootVersion, digestSigningPublicKey } = rootPackage;
  const packageSha256 = packageDigest(rootPackage);
  return { format: 'trent-root-set/1', region, rootVersion, packageDigest: packageSha256, profile, digestSigningPublicKey };
}

function resultOf(outcome: JoinResult['outcome'], token: CeremonyToken, rootPackage: RootPackage): JoinResult {
  const rootSet = findRootSet(token.session, token.module.dialect, rootPackage.region, rootPackage.rootVersion);
  if (rootSet === undefined) throw new Error('the token has lost the root set');
  return { outcome, record: rootSet.record, deviations: verifyRootSet(token.session, token.module.dialect, rootSet) };
}
