import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { Caller, type Members } from '../fixtures/caller.ts';
import { aKey, encrypted, type TestKey } from '../fixtures/keys.ts';
import { testRefusals, type Refusal } from '../fixtures/refusals.ts';

const caller = new Caller();
let key: TestKey;
let disabled: TestKey;
let ofDisabled: string;
beforeAll(async () => {
  key = await aKey(caller);
  disabled = await aKey(caller);
  ofDisabled = await encrypted(caller, disabled, 'kept');
  await caller.ok('DisableKey', { KeyId: disabled.id });
});
afterAll(() => caller[Symbol.dispose]());

const dry = { DryRun: true, DryRunModifiers: ['IGNORE_CIPHERTEXT'] };
const succeeds = {
  error: 'DryRunOperationException',
  message: 'The request would have succeeded, but the DryRun option is set.',
} as const;

/** Rows of one operation (kms-api §4): `source` is the member that names the key of the ciphertext. */
function rows(source: string, more: () => Members): Refusal[] {
  return [
    { name: 'without a ciphertext would succeed', input: () => ({ ...more(), ...dry, [source]: key.id }), ...succeeds },
    {
      name: 'does not look at bytes that are no ciphertext',
      input: () => ({ ...more(), ...dry, [source]: key.id, CiphertextBlob: 'AAAA' }),
      ...succeeds,
    },
    {
      name: 'does not look whose key a ciphertext names',
      input: () => ({ ...more(), ...dry, [source]: key.id, CiphertextBlob: ofDisabled }),
      ...succeeds,
    },
    {
      name: 'finds that the key is disabled',
      input: () => ({ ...more(), ...dry, [source]: disabled.id }),
      error: 'DisabledException',
      message: () => `${disabled.arn} is disabled.`,
    },
    {
      name: 'must name its key',
      input: () => ({ ...more(), ...dry, CiphertextBlob: ofDisabled }),
      error: 'ValidationException',
      message: `1 validation error detected: Value null at '${source.charAt(0).toLowerCase()}${source.slice(1)}' failed to satisfy constraint: Member must not be null`,
    },
    {
      name: 'must be a dry run',
      input: () => ({ ...more(), [source]: key.id, DryRunModifiers: dry.DryRunModifiers }),
      error: 'ValidationException',
      message: 'DryRunModifiers require DryRun to be true.',
    },
  ];
}

describe('a dry run of Decrypt that ignores its ciphertext', () => {
  testRefusals(
    'Decrypt',
    true,
    () => caller,
    rows('KeyId', () => ({})),
  );
});

describe('a dry run of ReEncrypt that ignores its ciphertext', () => {
  testRefusals(
    'ReEncrypt',
    true,
    () => caller,
    rows('SourceKeyId', () => ({ DestinationKeyId: key.id })),
  );
});

test('a ciphertext that is not ignored is looked at', async () => {
  const answer = await caller.kms('Decrypt', { KeyId: key.id, CiphertextBlob: 'AAAA', DryRun: true });
  if (answer.error !== 'InvalidCiphertextException') throw new Error(answer.http.text);
});
