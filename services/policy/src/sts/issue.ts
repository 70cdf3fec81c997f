import { randomBytes } from 'node:crypto';
import type { sts } from '@trent/contracts';
import { fail } from '@trent/errors';
import type { DocumentCompiler, Holder } from '../accounts/holders.ts';
import { temporaryAccessKeyId } from './access-key-ids.ts';
import type { SessionKeys } from './session-keys.ts';
import { MAX_TOKEN_CHARACTERS, sealSession, type TemporaryCredentials } from './session-token.ts';
import type { Session, SessionPolicy } from './session.ts';

export interface IssueDeps {
  readonly keys: Pick<SessionKeys, 'current'>;
  readonly compiler: Pick<DocumentCompiler, 'compile'>;
  readonly findManagedPolicies: (arns: readonly string[], accountId: string, deadline: number) => Promise<SessionPolicy[]>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

const NONCE_BYTES = 12;
/** Room in a token for policies and tags: beyond it a request's header would not be taken. */
const MAX_TOKEN_BYTES = Math.floor((MAX_TOKEN_CHARACTERS * 3) / 4);

/** Credentials of a session, with how much of a token's room they take. */
export interface Issued {
  readonly credentials: sts.Credentials;
  readonly sessionTokenSize: number;
  /** Percent of the longest token. */
  readonly sessionTokenUtilization: number;
}

/** @throws PackedPolicyTooLarge when policies and tags leave no room */
export function issue(deps: IssueDeps, session: Session): Issued {
  const accessKeyId = temporaryAccessKeyId(accountOf(session), randomBytes);
  const made: TemporaryCredentials = sealSession(deps.keys.current(), accessKeyId, session, randomBytes(NONCE_BYTES));
  const size = made.sessionToken.length;
  if (size > MAX_TOKEN_CHARACTERS) {
    const percent = String(packedPercent(session));
    fail('PackedPolicyTooLarge', `Packed size of session tags and policies consumes ${percent}% of allotted space.`);
  }
  return {
    credentials: { ...made, expiration: new Date(session.expiresAtMs) },
    sessionTokenSize: size,
    sessionTokenUtilization: Math.ceil((100 * size) / MAX_TOKEN_CHARACTERS),
  };
}

/** An account's id stands in every ARN of its users and roles. */
function accountOf({ holderArn }: Session): string {
  return holderArn.split(':', 5)[4] ?? '';
}

/** How much of the room policies and tags take, told where there are any. */
export function packedPercent({ policies, tags }: Session): number {
  const bytes = Buffer.byteLength(JSON.stringify(policies)) + Buffer.byteLength(JSON.stringify(tags));
  return Math.ceil((100 * bytes) / MAX_TOKEN_BYTES);
}

/**
 * The documents that limit a session: the request's own and the managed ones it names, as they are now.
 * @throws MalformedPolicyDocumentException, ValidationException for a managed policy that the role's account has not
 */
export async function sessionPolicies(
  deps: IssueDeps,
  request: { readonly policy?: string | undefined; readonly policyArns: readonly { readonly arn?: string | undefined }[] },
  accountId: string,
  deadline: number,
): Promise<SessionPolicy[]> {
  const policies: SessionPolicy[] = [];
  if (request.policy !== undefined) policies.push({ source: 'session policy', document: request.policy });
  const arns = request.policyArns.map(({ arn = '' }) => arn);
  if (arns.length > 0) {
    const found = await deps.findManagedPolicies(arns, accountId, deadline);
    const missing = arns.find((arn) => !found.some(({ source }) => source === arn));
    if (missing !== undefined) fail('ValidationException', `The specified policy ARN ${missing} is not valid.`);
    policies.push(...found);
  }
  for (const { document, source } of policies) deps.compiler.compile(document, 'session', source);
  return policies;
}

/** Milliseconds that a role's session lasts. AWS STS API reference, AssumeRole, DurationSeconds. @throws ValidationException */
export function roleSessionMs(role: Holder, asked: number | undefined, isChained: boolean): number {
  if (asked !== undefined && asked > role.maxSessionDuration)
    fail('ValidationException', 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.');
  if (asked !== undefined && isChained && asked > CHAINED_SECONDS)
    fail('ValidationException', 'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.');
  return (asked ?? CHAINED_SECONDS) * 1000;
}

/** Also the default of every role's session. */
const CHAINED_SECONDS = 3_600;
