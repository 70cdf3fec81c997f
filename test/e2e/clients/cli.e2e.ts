import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitUntil } from '@trent/local-cluster';
import { openCli, type Cli } from '../fixtures/aws-cli.ts';
import { testCluster } from '../fixtures/cluster.ts';

/** Python starts in a second, on a busy machine in several. */
const SLOW_MS = 60_000;
const INSTALL_MS = 180_000;
const FOUND_MS = 30_000;

const { env } = testCluster();
let cli: Cli;
beforeAll(async () => {
  cli = await openCli(env);
}, INSTALL_MS);
afterAll(() => {
  cli[Symbol.dispose]();
});

const run: Cli['run'] = (...args) => cli.run(...args);
const aws: Cli['aws'] = (...args) => cli.aws(...args);
const file: Cli['file'] = (name, bytes) => cli.file(name, bytes);
const kms: Cli['aws'] = (...args) => aws('kms', ...args);

describe('the AWS CLI, unchanged', () => {
  const alias = `alias/${randomUUID()}`;
  let id = '';
  let other = '';
  let ciphertext = '';

  test(
    'makes keys and describes, lists and names them',
    async () => {
      const made = await kms('create-key', '--description', 'from the CLI', '--tags', 'TagKey=team,TagValue=blue');
      id = (made['KeyMetadata'] as { KeyId: string }).KeyId;
      other = ((await kms('create-key'))['KeyMetadata'] as { KeyId: string }).KeyId;
      expect(await kms('describe-key', '--key-id', id)).toMatchObject({ KeyMetadata: { KeyId: id, Description: 'from the CLI' } });
      const { Keys } = await kms('list-keys');
      expect((Keys as { KeyId: string }[]).map(({ KeyId }) => KeyId)).toEqual(expect.arrayContaining([id, other]));
      await kms('create-alias', '--alias-name', alias, '--target-key-id', id);
      expect(await kms('list-aliases', '--key-id', id)).toMatchObject({ Aliases: [{ AliasName: alias, TargetKeyId: id }] });
      expect(await kms('list-resource-tags', '--key-id', id)).toMatchObject({ Tags: [{ TagKey: 'team', TagValue: 'blue' }] });
      expect(String((await kms('get-key-policy', '--key-id', id, '--policy-name', 'default'))['Policy'])).toContain('kms:*');
    },
    SLOW_MS,
  );

  test(
    'encrypts with a context, decrypts without naming the key, re-encrypts',
    async () => {
      const context = ['--encryption-context', 'tenant=blue'];
      const encrypted = await kms('encrypt', '--key-id', alias, '--plaintext', file('plain', 'from the CLI'), ...context);
      ciphertext = file('cipher', Buffer.from(String(encrypted['CiphertextBlob']), 'base64'));
      const decrypted = await kms('decrypt', '--ciphertext-blob', ciphertext, ...context);
      expect(Buffer.from(String(decrypted['Plaintext']), 'base64').toString()).toBe('from the CLI');
      const moved = await kms(
        're-encrypt',
        ...['--ciphertext-blob', ciphertext, '--source-encryption-context', 'tenant=blue', '--destination-key-id', other],
      );
      const opened = await kms('decrypt', '--ciphertext-blob', file('moved', Buffer.from(String(moved['CiphertextBlob']), 'base64')));
      expect(opened).toMatchObject({ Plaintext: decrypted['Plaintext'], KeyId: moved['KeyId'] });
      expect(String(opened['KeyId'])).toContain(other);
    },
    SLOW_MS,
  );

  test(
    'makes data keys and random bytes',
    async () => {
      const dataKey = await kms('generate-data-key', '--key-id', id, '--key-spec', 'AES_256');
      expect(Buffer.from(String(dataKey['Plaintext']), 'base64')).toHaveLength(32);
      expect(await kms('generate-data-key-without-plaintext', '--key-id', id, '--number-of-bytes', '16')).not.toHaveProperty('Plaintext');
      expect(Buffer.from(String((await kms('generate-random', '--number-of-bytes', '8'))['Plaintext']), 'base64')).toHaveLength(8);
    },
    SLOW_MS,
  );

  test(
    'signs, verifies, and grants by its shorthand',
    async () => {
      const made = await kms('create-key', '--key-spec', 'ECC_NIST_P256', '--key-usage', 'SIGN_VERIFY');
      const signer = (made['KeyMetadata'] as { KeyId: string }).KeyId;
      const signing = ['--key-id', signer, '--message', file('message', 'from the CLI'), '--signing-algorithm', 'ECDSA_SHA_256'];
      const signature = file('signature', Buffer.from(String((await kms('sign', ...signing))['Signature']), 'base64'));
      expect(await kms('verify', ...signing, '--signature', signature)).toMatchObject({ SignatureValid: true });
      const root = `arn:aws:iam::${String(env['TRENT_ACCOUNT_ID'])}:root`;
      const constraints = ['--operations', 'Encrypt', 'Decrypt', '--constraints', 'EncryptionContextSubset={tenant=blue}'];
      const { GrantId } = await kms('create-grant', '--key-id', id, '--grantee-principal', root, ...constraints);
      const listed = await kms('list-grants', '--key-id', id, '--page-size', '1');
      expect(listed['Grants']).toMatchObject([{ GrantId, Constraints: { EncryptionContextSubset: { tenant: 'blue' } } }]);
    },
    SLOW_MS,
  );

  test(
    'disables, enables, schedules deletion and cancels it; errors are told by name',
    async () => {
      await kms('disable-key', '--key-id', id);
      const refused = await run('kms', 'decrypt', '--ciphertext-blob', ciphertext, '--encryption-context', 'tenant=blue');
      expect(refused.code).toBeGreaterThan(0);
      expect(refused.error).toContain('An error occurred (DisabledException) when calling the Decrypt operation: arn:aws:kms:');
      await kms('enable-key', '--key-id', id);
      expect(await kms('schedule-key-deletion', '--key-id', id, '--pending-window-in-days', '7')).toMatchObject({
        KeyState: 'PendingDeletion',
      });
      expect(String((await kms('cancel-key-deletion', '--key-id', id))['KeyId'])).toContain(id);
    },
    SLOW_MS,
  );

  test(
    'knows who calls, and finds what was done',
    async () => {
      expect(await aws('sts', 'get-caller-identity')).toMatchObject({ Account: env['TRENT_ACCOUNT_ID'] });
      await waitUntil('the record of cancel-key-deletion', FOUND_MS, async () => {
        const attribute = `AttributeKey=ResourceName,AttributeValue=arn:aws:kms:us-east-1:${String(env['TRENT_ACCOUNT_ID'])}:key/${id}`;
        const found = await aws('cloudtrail', 'lookup-events', '--lookup-attributes', attribute);
        const names = (found['Events'] as { EventName: string }[]).map(({ EventName }) => EventName);
        return names.includes('CancelKeyDeletion') ? true : `only ${names.join(', ')}`;
      });
    },
    SLOW_MS,
  );
});
