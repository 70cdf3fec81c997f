import type { accounts } from '@trent/contracts';
import { fail } from '@trent/errors';
import { parseKeyReference, parsePrincipalArn, type AccountId, type RegionName } from '@trent/identifiers';
import { evaluate, foldCase, type AuthorisationRequest, type Decision, type Documents } from '@trent/policy-evaluator';
import { sessionPrincipal, principalOf, type Principal } from '../accounts/principal.ts';
import type { Holder } from '../accounts/holders.ts';
import type { KeyView, KeyViews } from '../authorize/key-views.ts';
import type { KeyGrants } from '../grants/key-grants.ts';
import { viewCondition } from '../authorize/circumstances.ts';
import { serviceCondition } from '../authorize/via-service.ts';

export interface ExplainDeps {
  readonly loadHolder: (arn: string, deadline: number) => Promise<Holder>;
  readonly views: Pick<KeyViews, 'byKeyId' | 'loadByKeyId'>;
  readonly grants: Pick<KeyGrants, 'held' | 'load'>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** `kms:Decrypt` */
const ACTION = /^[a-z0-9-]{1,64}:[A-Za-z0-9]{1,128}$/;

/**
 * Why a principal may or may not: the same documents, the same evaluator, and what they answered. Nothing is permitted by it.
 * @throws InvalidInput for what cannot be read, NotFoundException for a key that is not there
 */
export async function explain(deps: ExplainDeps, request: accounts.ExplainRequest, deadline: number): Promise<accounts.ExplainResponse> {
  const principal = await principalNamed(deps, request.principal, deadline);
  if (!ACTION.test(request.action)) fail('InvalidInput', 'An action is written as kms:Decrypt.');
  const view = request.key === '' ? undefined : await viewNamed(deps, request.key, principal, deadline);
  const question: AuthorisationRequest = {
    principal: principal.asker,
    action: request.action,
    resource: view === undefined ? '*' : { arn: view.arn, account: view.accountId },
    context: contextOf(request, view, principal),
    now: deps.now(),
  };
  const documents: Documents = {
    ...(view === undefined ? {} : { keyPolicy: view.policy }),
    ...principal.documents,
    grants: view === undefined ? [] : await grantsOf(deps, view, principal, deadline),
  };
  return answer(evaluate(question, documents), documents);
}

async function principalNamed({ loadHolder, now }: ExplainDeps, arn: string, deadline: number): Promise<Principal> {
  if (parsePrincipalArn(arn)?.service !== 'iam') fail('InvalidInput', 'A principal is the ARN of a root, user or role.');
  const holder = await loadHolder(arn, deadline);
  if (holder.kind !== 'Role') return principalOf(holder, '');
  const session = {
    kind: 'role' as const,
    holderArn: holder.arn,
    holderId: holder.uniqueId,
    name: 'explain',
    issuedAtMs: now(),
    expiresAtMs: Infinity,
    tags: {},
    transitiveTagKeys: [],
    policies: [],
  };
  return sessionPrincipal(holder, session, '', []);
}

async function viewNamed({ views }: ExplainDeps, arn: string, principal: Principal, deadline: number): Promise<KeyView> {
  const region = (arn.split(':', 4)[3] ?? '') as RegionName;
  const reference = parseKeyReference(arn, { region, account: principal.accountId as AccountId, aliases: false });
  if (reference.kind !== 'keyArn') return fail('InvalidInput', 'A key is named by its ARN.');
  const view = views.byKeyId(region, reference.keyId) ?? (await views.loadByKeyId(region, reference.keyId, deadline));
  return view?.arn === arn ? view : fail('NotFoundException', `Key '${arn}' does not exist`);
}

async function grantsOf({ grants }: ExplainDeps, view: KeyView, { asker }: Principal, deadline: number): Promise<Documents['grants']> {
  await grants.load(view, asker, deadline);
  return grants.held(view, asker) ?? [];
}

function contextOf(
  { context, action }: accounts.ExplainRequest,
  view: KeyView | undefined,
  principal: Principal,
): AuthorisationRequest['context'] {
  const rpc = action.slice(action.indexOf(':') + 1);
  const region = view?.region ?? '';
  const folded = new Map([...context].map(([key, value]) => [foldCase(key), [value]] as const));
  return {
    get: (key) => {
      const ofService = serviceCondition(principal, rpc, region, key);
      return (
        (view === undefined ? undefined : viewCondition(view, key)) ??
        folded.get(key) ??
        (ofService === undefined ? undefined : [ofService])
      );
    },
  };
}

function answer(decision: Decision, documents: Documents): accounts.ExplainResponse {
  const { reason } = decision;
  return {
    allowed: decision.allowed,
    reason:
      reason.effect === 'allow'
        ? `allow ${reason.by}${reason.by === 'grant' ? ` ${reason.grantId}` : ''}`
        : `${reason.effect} ${reason.effect === 'explicit-deny' ? reason.in : reason.missing}`,
    message: decision.accessDeniedMessage(),
    statements: decision.matched.map(({ document, source = '', statement }) => ({
      document,
      source,
      sid: statement.sid ?? '',
      effect: statement.effect,
      index: statement.index,
      line: statement.span.startLine,
    })),
    documents: asked(documents),
  };
}

function asked({ keyPolicy, identity, boundary, session = [] }: Documents): string[] {
  const named = (kind: string, sources: readonly { readonly source: string | undefined }[]) =>
    sources.map(({ source }) => (source === undefined ? kind : `${kind} ${source}`));
  return [
    ...named('key policy', keyPolicy === undefined ? [] : [keyPolicy]),
    ...named('identity policy', identity),
    ...named('permissions boundary', boundary === undefined ? [] : [boundary]),
    ...named('session policy', session),
  ];
}
