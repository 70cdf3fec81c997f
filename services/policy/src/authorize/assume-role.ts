import { sts, type authorize, type Operation } from '@trent/contracts';
import { fail, isTrentError } from '@trent/errors';
import { parsePrincipalArn } from '@trent/identifiers';
import { evaluate, foldCase, type AuthorisationRequest } from '@trent/policy-evaluator';
import type { Holder } from '../accounts/holders.ts';
import type { Principal } from '../accounts/principal.ts';
import type { CallerContext } from '../sts/caller-context.ts';
import { checkMfa, type MfaDeps } from '../sts/mfa.ts';
import type { WebIdentity } from '../sts/session.ts';
import type { WebIdentities } from '../sts/web-identity.ts';
import type { Freezes } from '../freeze/freezes.ts';
import { Circumstances, webIdentityKey } from './circumstances.ts';
import { deny } from './denial.ts';
import { loadPrincipal, type IdentifyDeps } from './identify.ts';

export interface AssumeDeps extends IdentifyDeps {
  readonly freezes: Pick<Freezes, 'refuse'>;
  readonly webIdentities: Pick<WebIdentities, 'verify'>;
  readonly mfa: MfaDeps;
  /** Whether both feeds that a decision in this region leans on are followed under a live lease. */
  readonly isLive: (region: string) => boolean;
}

/** Who assumes, what goes along, and the decision yet to be made: it waits for nothing any more. */
export interface Assumption {
  readonly principal: Principal;
  readonly context: CallerContext;
  /** @throws AccessDeniedException */
  readonly decide: () => void;
}

type Context = Map<string, readonly string[]>;

/**
 * Everything that deciding on a role needs: the caller, the role with its trust policy, the code of an MFA device or the token of a provider.
 * @throws what is wrong with who calls; AccessDeniedException for a role that is not there, as for one that does not trust the caller
 */
export async function prepareAssumption(
  deps: AssumeDeps,
  item: authorize.AuthorizeItem,
  operation: Operation,
  deadline: number,
  onPrincipal: (principal: Principal) => void,
): Promise<Assumption> {
  if (operation.rpc === 'AssumeRoleWithWebIdentity') {
    const prepared = await withWebIdentity(deps, item, deadline);
    onPrincipal(prepared.principal);
    return prepared;
  }
  const principal = await loadPrincipal(deps, item, deadline);
  onPrincipal(principal);
  const request = sts.AssumeRoleRequest.decode(item.request);
  if (principal.asker.type === 'root') fail('AccessDeniedException', 'Roles may not be assumed by root accounts.');
  const isCodeGiven = await checkMfa(deps.mfa, principal.holder.arn, request, deadline);
  const role = await findRole(deps, request.roleArn ?? '', deadline);
  if (role === undefined) return fail('AccessDeniedException', denialText(principal.arn, 'sts:AssumeRole', request.roleArn ?? ''));
  const { session } = principal;
  const inherited = transitiveTags(principal);
  const context = factsOf(item, principal, request, isCodeGiven, deps.now());
  return {
    principal,
    context: {
      ...(session === undefined
        ? {}
        : {
            session: {
              kind: session.kind,
              transitiveTags: inherited,
              ...(session.sourceIdentity === undefined ? {} : { sourceIdentity: session.sourceIdentity }),
            },
          }),
    },
    decide: () => {
      for (const action of actionsOf(request, principal, inherited)) decide(principal, action, role, context, deps.now());
    },
  };
}

/** A session that brings tags or a source identity along needs the right to it (IAM user guide, "Pass session tags in AWS STS"). */
function actionsOf(request: sts.AssumeRoleRequest, { session }: Principal, inherited: Readonly<Record<string, string>>): string[] {
  const actions = ['sts:AssumeRole'];
  if (request.tags.length > 0 || Object.keys(inherited).length > 0) actions.push('sts:TagSession');
  if ((request.sourceIdentity ?? session?.sourceIdentity) !== undefined) actions.push('sts:SetSourceIdentity');
  return actions;
}

function transitiveTags({ session, asker }: Principal): Record<string, string> {
  if (session?.kind !== 'role') return {};
  const keys = new Set(session.transitiveTagKeys.map(foldCase));
  return Object.fromEntries(Object.entries(asker.tags ?? {}).filter(([key]) => keys.has(foldCase(key))));
}

/** @throws ValidationException for what is no role's ARN */
async function findRole(deps: IdentifyDeps, arn: string, deadline: number): Promise<Holder | undefined> {
  if (parsePrincipalArn(arn)?.resource.startsWith('role/') !== true) fail('ValidationException', `${arn} is invalid`);
  try {
    return await deps.credentials.loadHolder(arn, deadline);
  } catch (error) {
    if (isTrentError(error) && error.code === 'UnrecognizedClientException') return undefined;
    throw error;
  }
}

function decide(principal: Principal, action: string, role: Holder, context: AuthorisationRequest['context'], now: number): void {
  const resource = { arn: role.arn, account: role.accountId };
  const request = { principal: principal.asker, action, resource, context, now };
  const decision = evaluate(request, {
    ...(role.trust === undefined ? {} : { keyPolicy: role.trust }),
    ...principal.documents,
    grants: [],
  });
  if (!decision.allowed) deny(request, decision, STS_KEYS, denialText(principal.arn, action, role.arn));
  if (role.trust === undefined) fail('AccessDeniedException', denialText(principal.arn, action, role.arn));
}

/** Condition keys that AssumeRole brings along. */
const STS_KEYS = [
  'sts:ExternalId',
  'sts:RoleSessionName',
  'sts:SourceIdentity',
  'sts:DurationSeconds',
  'sts:TransitiveTagKeys',
  'aws:TagKeys',
];

/** The texts of STS say nothing of the reason (kms-api §13.1). */
function denialText(caller: string, action: string, roleArn: string): string {
  return `User: ${caller} is not authorized to perform: ${action} on resource: ${roleArn}`;
}

/** Condition keys of AssumeRole (IAM user guide, "Available keys for AWS STS"), over those of every request. */
function factsOf(
  item: authorize.AuthorizeItem,
  principal: Principal,
  request: sts.AssumeRoleRequest,
  isCodeGiven: boolean,
  now: number,
): AuthorisationRequest['context'] {
  const own: Context = new Map();
  set(own, 'sts:ExternalId', request.externalId);
  set(own, 'sts:RoleSessionName', request.roleSessionName);
  set(own, 'sts:SourceIdentity', request.sourceIdentity ?? principal.session?.sourceIdentity);
  set(own, 'sts:DurationSeconds', request.durationSeconds === undefined ? undefined : String(request.durationSeconds));
  if (request.transitiveTagKeys.length > 0) own.set('sts:transitivetagkeys', request.transitiveTagKeys);
  if (request.tags.length > 0)
    own.set(
      'aws:tagkeys',
      request.tags.map(({ key = '' }) => key),
    );
  for (const { key = '', value = '' } of request.tags) own.set(foldCase(`aws:RequestTag/${key}`), [value]);
  if (isCodeGiven) {
    own.set('aws:multifactorauthpresent', ['true']);
    own.set('aws:multifactorauthage', ['0']);
  }
  const others = new Circumstances({ item, principal, keyNumber: 0, now });
  return { get: (key) => own.get(key) ?? others.get(key) };
}

function set(context: Context, key: string, value: string | undefined): void {
  if (value !== undefined) context.set(foldCase(key), [value]);
}

/** The bearer of a provider's token: nobody in IAM, so the role's trust policy alone decides. */
async function withWebIdentity(deps: AssumeDeps, item: authorize.AuthorizeItem, deadline: number): Promise<Assumption> {
  const request = sts.AssumeRoleWithWebIdentityRequest.decode(item.request);
  const roleArn = request.roleArn ?? '';
  const parsed = parsePrincipalArn(roleArn);
  if (parsed === undefined) return fail('ValidationException', `${roleArn} is invalid`);
  const identity = await deps.webIdentities.verify(request.webIdentityToken ?? '', parsed.account, deadline);
  const role = await findRole(deps, roleArn, deadline);
  // Of a role that is not there the account is not told: there may be none either.
  if (role === undefined) return fail('AccessDeniedException', NOT_AUTHORISED);
  const principal = webIdentityPrincipal(identity, role);
  const own: Context = new Map();
  set(own, 'sts:RoleSessionName', request.roleSessionName);
  set(own, 'sts:DurationSeconds', request.durationSeconds === undefined ? undefined : String(request.durationSeconds));
  set(own, 'aws:FederatedProvider', identity.provider);
  const others = new Circumstances({ item, principal, keyNumber: 0, now: deps.now() });
  const prefix = foldCase(`${identity.issuer}:`);
  const context: AuthorisationRequest['context'] = {
    get: (key) => (key.startsWith(prefix) ? webIdentityKey(identity, key.slice(prefix.length)) : (own.get(key) ?? others.get(key))),
  };
  return {
    principal,
    context: { webIdentity: identity },
    decide: () => {
      decideOnToken(principal, role, context, deps.now());
    },
  };
}

const NOT_AUTHORISED = 'Not authorized to perform sts:AssumeRoleWithWebIdentity';

function decideOnToken(principal: Principal, role: Holder, context: AuthorisationRequest['context'], now: number): void {
  if (role.trust === undefined) fail('AccessDeniedException', NOT_AUTHORISED);
  const resource = { arn: role.arn, account: role.accountId };
  const request = { principal: principal.asker, action: 'sts:AssumeRoleWithWebIdentity', resource, context, now };
  if (!evaluate(request, { keyPolicy: role.trust, identity: [], grants: [] }).allowed) fail('AccessDeniedException', NOT_AUTHORISED);
}

/** CloudTrail user guide, "userIdentity element": WebIdentityUser. The request is recorded in the role's account. */
function webIdentityPrincipal(identity: WebIdentity, role: Holder): Principal {
  const { issuer, subject, audience, provider } = identity;
  return {
    arn: provider,
    accountId: role.accountId,
    holder: role,
    version: role.version,
    accessKeyId: '',
    identity: JSON.stringify({
      type: 'WebIdentityUser',
      principalId: `${issuer}:${audience}:${subject}`,
      userName: subject,
      identityProvider: provider,
    }),
    asker: { arn: provider, account: '', type: 'web-identity' },
    documents: { identity: [] },
  };
}
