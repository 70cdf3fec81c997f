import { operations, type Operation } from '@trent/contracts';
import type { RecordFacts } from './start-record.ts';

/** A table's row that must be there. */
export function operationNamed(name: string): Operation {
  const operation = operations.get(name);
  if (operation === undefined) throw new Error(`no operation ${name}`);
  return operation;
}

/** Facts of a request with defaults (made-up account and addresses). */
export function someFacts(given: Partial<RecordFacts> = {}): RecordFacts {
  return {
    operation: operationNamed('kms.Encrypt'),
    request: undefined,
    identity: JSON.stringify({
      type: 'Root',
      principalId: '111122223333',
      arn: 'arn:aws:iam::111122223333:root',
      accountId: '111122223333',
    }),
    accountId: '111122223333',
    region: 'eu-west-1',
    sourceIp: '192.0.2.10',
    userAgent: 'aws-cli/2.30',
    requestId: '5c9d1e1a-0000-4000-8000-000000000001',
    eventId: '7b1f0c2e-0000-4000-8000-000000000002',
    timeMs: Date.UTC(2026, 4, 4, 9, 10, 11, 987),
    ...given,
  };
}

export const KEY_ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1b2c3d4e-0000-4000-8000-00000000000a';
