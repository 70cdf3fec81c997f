import { expect, test } from '@jest/globals';
import { registry } from '@trent/contracts';
import { peers } from './peers.ts';

/** Services of the public edge: anybody may call, policy decides. */
const PUBLIC = /^trent\.(kms|sts|iam|cloudtrail)\./;

test('the table lists every internal service of the contract, and none that the contract lacks', () => {
  const internal: string[] = [];
  for (const type of registry) if (type.kind === 'service' && !PUBLIC.test(type.typeName)) internal.push(type.typeName);
  const listed = Object.keys(peers).filter((name) => !name.startsWith('grpc.'));
  expect(listed.sort()).toEqual(internal.sort());
});

test.each([
  ['trent.execute.v1.ExecuteService', ['gateway']],
  ['trent.execute.v1.PermitKeyService', ['policy']],
  ['trent.execute.v1.MaterialService', ['key-metadata']],
])('%s is open to %p alone', (service, callers) => {
  expect(peers[service]).toEqual(callers);
});
