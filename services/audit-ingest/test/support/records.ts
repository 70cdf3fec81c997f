import { randomUUID } from 'node:crypto';
import { finishRecord, startRecord } from '@trent/audit-record';
import { operations } from '@trent/contracts';

/** What a test says of a record; the rest is made up. */
export interface RecordWishes {
  readonly operation?: string;
  readonly eventId?: string;
  readonly accountId?: string;
  readonly region?: string;
  readonly timeMs?: number;
  readonly identity?: object;
  readonly resources?: readonly string[];
}

export const ACCOUNT = '111122223333';
export const REGION = 'us-east-1';

/** Root of an account. */
export function root(accountId = ACCOUNT): object {
  return { type: 'Root', principalId: accountId, arn: `arn:aws:iam::${accountId}:root`, accountId, accessKeyId: 'AKIAROOT' };
}

/** A user. */
export function user(userName: string, accessKeyId: string): object {
  return {
    type: 'IAMUser',
    principalId: 'AIDA',
    arn: `arn:aws:iam::${ACCOUNT}:user/${userName}`,
    accountId: ACCOUNT,
    accessKeyId,
    userName,
  };
}

/** ARN of a key. */
export function keyArn(n: number): string {
  return `arn:aws:kms:${REGION}:${ACCOUNT}:key/00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
}

/** The text of a record as the gateway makes it. */
export function aRecord(wishes: RecordWishes = {}): string {
  const operation = operations.get(wishes.operation ?? 'kms.Encrypt');
  if (operation === undefined) throw new Error('no such operation');
  const draft = startRecord({
    operation,
    request: undefined,
    identity: JSON.stringify(wishes.identity ?? root(wishes.accountId)),
    accountId: wishes.accountId ?? ACCOUNT,
    region: wishes.region ?? REGION,
    sourceIp: '192.0.2.10',
    userAgent: 'aws-cli/2.30',
    requestId: randomUUID(),
    eventId: wishes.eventId ?? randomUUID(),
    timeMs: wishes.timeMs ?? Date.now(),
  });
  return finishRecord(draft, { resources: wishes.resources ?? [keyArn(1)] });
}
