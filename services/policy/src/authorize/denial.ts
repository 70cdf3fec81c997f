import { randomBytes } from 'node:crypto';
import { fail, isTrentError } from '@trent/errors';
import { foldCase, RequestContext, type AuthorisationRequest, type Decision } from '@trent/policy-evaluator';
import { MAX_MESSAGE_CHARACTERS, sealMessage } from '../sts/authorization-message.ts';
import type { SessionKeys } from '../sts/session-keys.ts';

/** Why a request was denied; it goes along as the cause of the error. */
export class Denial {
  readonly request: AuthorisationRequest;
  readonly decision: Decision;
  /** Condition keys that the request brings along, as written. */
  readonly keys: readonly string[];

  constructor(request: AuthorisationRequest, decision: Decision, keys: readonly string[]) {
    this.request = request;
    this.decision = decision;
    this.keys = keys;
  }
}

/** @throws AccessDeniedException with its denial as cause */
export function deny(request: AuthorisationRequest, decision: Decision, keys: readonly string[], message: string): never {
  return fail('AccessDeniedException', message, { cause: new Denial(request, decision, keys) });
}

/** Name of the detail of an error that carries the encoded message: in the record of the denial, and in answers of the native API. */
export const ENCODED_MESSAGE = 'encodedAuthorizationMessage';

/**
 * The encoded authorization message of an error; undefined for one that no document decided, and about what is another account's: whether it is
 * there and what its policy says is not the caller's to learn.
 */
export function encodedMessageOf(error: unknown, account: string, keys: Pick<SessionKeys, 'current' | 'isReady'>): string | undefined {
  if (!isTrentError(error) || !(error.cause instanceof Denial) || keys.isReady() !== true) return undefined;
  const { principal, resource } = error.cause.request;
  if (resource !== '*' && resource.account !== principal.account) return undefined;
  const seal = (denial: object): string => sealMessage(keys.current(), account, JSON.stringify(denial), randomBytes(12));
  const whole = seal(decodedMessage(error.cause, true));
  // Long conditions (an encryption context of thousands of characters) are left out rather than the message.
  return whole.length <= MAX_MESSAGE_CHARACTERS ? whole : seal(decodedMessage(error.cause, false));
}

/** Asked of every request, beside what it brings along. */
const GLOBAL_KEYS = [
  ...['aws:PrincipalArn', 'aws:PrincipalAccount', 'aws:PrincipalType', 'aws:userid', 'aws:username', 'aws:SourceIp', 'aws:CurrentTime'],
  ...['aws:RequestedRegion', 'aws:ResourceAccount', 'aws:MultiFactorAuthPresent', 'aws:MultiFactorAuthAge', 'aws:TokenIssueTime'],
  ...['aws:SourceIdentity', 'aws:ViaAWSService', 'kms:CallerAccount', 'kms:KeySpec', 'kms:KeyUsage', 'kms:KeyOrigin', 'kms:MultiRegion'],
  ...['kms:ViaService', 'kms:ResourceAliases'],
];

/** The decoded text's form (IAM user guide and AWS STS API reference, DecodeAuthorizationMessage). */
function decodedMessage({ request, decision, keys }: Denial, withConditions: boolean): object {
  const { principal, action, resource } = request;
  const explicit = decision.reason.effect === 'explicit-deny';
  const context = new RequestContext(request);
  const names = withConditions ? [...new Set([...GLOBAL_KEYS, ...keys])] : [];
  return {
    allowed: false,
    explicitDeny: explicit,
    matchedStatements: items(
      explicit
        ? decision.matched.map(({ document, source, statement }) => ({
            statementId: statement.sid ?? '',
            effect: 'DENY',
            policyType: document,
            ...(source === undefined ? {} : { policy: source }),
          }))
        : [],
    ),
    failures: items(decision.reason.effect === 'implicit-deny' ? [{ missing: decision.reason.missing }] : []),
    context: {
      principal: { id: principal.uniqueId ?? principal.account, name: nameOf(principal.arn), arn: principal.arn },
      action,
      resource: resource === '*' ? '*' : resource.arn,
      conditions: items(
        names.flatMap((key) => {
          const values = context.valuesOf(foldCase(key));
          return values === undefined ? [] : [{ key, values: items(values.map((value) => ({ value }))) }];
        }),
      ),
    },
  };
}

function items<Item>(list: readonly Item[]): { readonly items: readonly Item[] } {
  return { items: list };
}

function nameOf(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}
