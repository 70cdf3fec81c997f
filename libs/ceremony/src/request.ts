import { randomBytes } from 'node:crypto';
import type { CryptoProfile, TokenInfo } from '@trent/pkcs11';
import { z } from 'zod';
import { canonicalJson, digestOf } from './canonical-json.ts';
import { refuse } from './ceremony-error.ts';
import { cardSchema, isSignedBy, signAs } from './operator.ts';
import type { OperatorCard, OperatorIdentity } from './operator.ts';

const common = {
  format: z.literal('trent-ceremony-request/1'),
  /** Region, or group of regions, whose root set this is. */
  region: z.string().min(1),
  rootVersion: z.int().min(1),
  nonce: z.hex().length(32),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
};

const genesisSchema = z.strictObject({
  ...common,
  action: z.literal('genesis'),
  threshold: z.int().min(1),
  operators: z.array(cardSchema).min(1),
  profile: z.strictObject({ wrapMechanism: z.string(), kdf: z.string(), ivSource: z.string() }),
});

const joinSchema = z.strictObject({
  ...common,
  action: z.literal('join'),
  packageDigest: z.hex().length(64),
  token: z.strictObject({ label: z.string(), serialNumber: z.string(), manufacturer: z.string(), model: z.string() }),
  /** The ceremony's one-time age recipient; operators re-encrypt their shares to it. */
  recipient: z.string().startsWith('age1'),
});

const requestSchema = z.discriminatedUnion('action', [genesisSchema, joinSchema]);

/** What an approval looks like; `share` only for a join. */
export const approvalSchema = z.strictObject({
  format: z.literal('trent-ceremony-approval/1'),
  operator: z.string(),
  requestDigest: z.hex().length(64),
  share: z.base64().optional(),
  signature: z.base64(),
});

/** Asks all operators of a new root set for their consent to it. */
export type GenesisRequest = z.infer<typeof genesisSchema>;
/** Asks K operators for their shares, to put the root set of one package into one token. */
export type JoinRequest = z.infer<typeof joinSchema>;
/** What operators sign. */
export type CeremonyRequest = z.infer<typeof requestSchema>;
/** An operator's signature under a request, with the share for the ceremony's recipient. */
export type Approval = z.infer<typeof approvalSchema>;

/** How long a request may be approved and completed. Operators need time to be reached, and a day is the longest. */
export const requestLifetimeMs = { standard: 3_600_000, longest: 86_400_000 } as const;

/** When a request starts and ends, and its one-time number. */
export function newRequestHead(nowMs: number, lifetimeMs: number = requestLifetimeMs.standard) {
  if (lifetimeMs > requestLifetimeMs.longest) refuse('malformed', 'a request lives a day at most');
  return {
    format: 'trent-ceremony-request/1' as const,
    nonce: randomBytes(16).toString('hex'),
    createdAt: new Date(nowMs).toISOString(),
    expiresAt: new Date(nowMs + lifetimeMs).toISOString(),
  };
}

/** A request for consent to a new root set. Every operator has to approve it. */
export function createGenesisRequest(options: {
  readonly region: string;
  readonly rootVersion?: number;
  readonly threshold: number;
  readonly operators: readonly OperatorCard[];
  readonly profile: CryptoProfile;
  readonly nowMs: number;
  readonly lifetimeMs?: number;
}): GenesisRequest {
  if (options.threshold > options.operators.length) refuse('malformed', 'the threshold is larger than the number of operators');
  return genesisSchema.parse({
    ...newRequestHead(options.nowMs, options.lifetimeMs),
    action: 'genesis',
    region: options.region,
    rootVersion: options.rootVersion ?? 1,
    threshold: options.threshold,
    operators: options.operators,
    profile: options.profile,
  });
}

/** Reads a request from its text. */
export function parseRequest(text: string): CeremonyRequest {
  const parsed = requestSchema.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : refuse('malformed', `not a ceremony request: ${z.prettifyError(parsed.error)}`);
}

/** Reads an approval from its text. */
export function parseApproval(text: string): Approval {
  const parsed = approvalSchema.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : refuse('malformed', `not an approval: ${z.prettifyError(parsed.error)}`);
}

/** Hexadecimal SHA-256 of a request; operators compare it by another channel before they sign. */
export function requestDigest(request: CeremonyRequest): string {
  return digestOf('trent/ceremony-request/v1', request);
}

/** Refuses a request out of its time. */
export function checkTime(request: CeremonyRequest, nowMs: number): void {
  const [from, to] = [Date.parse(request.createdAt), Date.parse(request.expiresAt)];
  if (to - from > requestLifetimeMs.longest) refuse('malformed', 'the request lives longer than a day');
  if (nowMs >= to) refuse('expired', `the request expired at ${request.expiresAt}`);
}

function signedText(approval: Omit<Approval, 'signature'>): string {
  return `trent/ceremony-approval/v1\0${canonicalJson(approval)}`;
}

/** Signs a request, with the share where it asks for one. */
export function signApproval(operator: OperatorIdentity, request: CeremonyRequest, share?: string): Approval {
  const unsigned = {
    format: 'trent-ceremony-approval/1' as const,
    operator: operator.name,
    requestDigest: requestDigest(request),
    ...(share === undefined ? {} : { share }),
  };
  return { ...unsigned, signature: signAs(operator, signedText(unsigned)) };
}

/**
 * Refuses unless `needed` different operators of the list have signed this very request in its time. One bad approval
 * stops the ceremony: somebody is at work on it.
 */
export function checkApprovals(options: {
  readonly request: CeremonyRequest;
  readonly approvals: readonly Approval[];
  readonly operators: readonly OperatorCard[];
  readonly needed: number;
  readonly nowMs: number;
}): void {
  checkTime(options.request, options.nowMs);
  const digest = requestDigest(options.request);
  const signers = new Set<string>();
  for (const { signature, ...approval } of options.approvals) {
    const card = options.operators.find((operator) => operator.name === approval.operator);
    if (card === undefined) refuse('not-an-operator', `${approval.operator} is not an operator of this root set`);
    if (approval.requestDigest !== digest) refuse('bad-signature', `${card.name} approved another request`);
    if (!isSignedBy(card, signedText(approval), signature)) refuse('bad-signature', `the signature of ${card.name} is not valid`);
    signers.add(card.name);
  }
  if (signers.size >= options.needed) return;
  refuse('too-few-operators', `${String(signers.size)} of ${String(options.needed)} operators have approved`);
}

/** What a request says of the token that may take the root set. */
export function describeToken(token: TokenInfo): JoinRequest['token'] {
  const { label, serialNumber, manufacturer, model } = token;
  return { label, serialNumber, manufacturer, model };
}
