import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openCli, type Cli } from '../fixtures/aws-cli.ts';
import { anAuthenticator, code, stepNow } from '../fixtures/authenticator.ts';
import { testCluster } from '../fixtures/cluster.ts';
import { freshName, iamClient, policyDocument } from '../fixtures/iam.ts';

/** Python starts in a second, on a busy machine in several. */
const SLOW_MS = 120_000;
const INSTALL_MS = 180_000;

const { env } = testCluster();
const account = String(env['TRENT_ACCOUNT_ID']);
let cli: Cli;
beforeAll(async () => {
  cli = await openCli(env);
}, INSTALL_MS);
afterAll(() => {
  cli[Symbol.dispose]();
});

interface Keys {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly SessionToken?: string;
}

/** The CLI with these credentials. */
function signedBy({ AccessKeyId, SecretAccessKey, SessionToken = '' }: Keys) {
  return cli.as({ AWS_ACCESS_KEY_ID: AccessKeyId, AWS_SECRET_ACCESS_KEY: SecretAccessKey, AWS_SESSION_TOKEN: SessionToken });
}

describe('identities by the AWS CLI, as a person makes them', () => {
  const [user, group, role, policy] = ['user', 'group', 'role', 'policy'].map((kind) => freshName(kind)) as [
    string,
    string,
    string,
    string,
  ];
  const arn = `arn:aws:iam::${account}:`;
  let keys: Keys;
  let session: Keys;

  test(
    'a user in a group that has a policy, with an access key, may what the policy says',
    async () => {
      await cli.aws('iam', 'create-user', '--user-name', user, '--tags', 'Key=team,Value=blue');
      await cli.aws('iam', 'create-group', '--group-name', group);
      const rights = policyDocument('Allow', ['kms:ListAliases', 'sts:AssumeRole']);
      await cli.aws('iam', 'create-policy', '--policy-name', policy, '--policy-document', rights);
      await cli.aws('iam', 'attach-group-policy', '--group-name', group, '--policy-arn', `${arn}policy/${policy}`);
      await cli.aws('iam', 'add-user-to-group', '--group-name', group, '--user-name', user);
      keys = (await cli.aws('iam', 'create-access-key', '--user-name', user))['AccessKey'] as Keys;
      const own = signedBy(keys);
      expect(await own.aws('sts', 'get-caller-identity')).toMatchObject({ Account: account, Arn: `${arn}user/${user}` });
      await own.aws('kms', 'list-aliases');
      const refused = await own.run('kms', 'list-keys');
      expect([refused.code === 0, refused.error]).toEqual([false, expect.stringContaining('AccessDeniedException')]);
    },
    SLOW_MS,
  );

  test(
    'assume-role gives a session of a role that trusts the user',
    async () => {
      const trust = JSON.stringify({
        Version: '2012-10-17',
        Statement: { Effect: 'Allow', Principal: { AWS: `${arn}user/${user}` }, Action: 'sts:AssumeRole' },
      });
      await cli.aws('iam', 'create-role', '--role-name', role, '--assume-role-policy-document', trust);
      const rights = policyDocument('Allow', 'kms:ListKeys');
      await cli.aws('iam', 'put-role-policy', '--role-name', role, '--policy-name', 'keys', '--policy-document', rights);
      const assumed = await signedBy(keys).aws('sts', 'assume-role', '--role-arn', `${arn}role/${role}`, '--role-session-name', 'by-hand');
      session = assumed['Credentials'] as Keys;
      const own = signedBy(session);
      expect(await own.aws('sts', 'get-caller-identity')).toMatchObject({ Arn: `arn:aws:sts::${account}:assumed-role/${role}/by-hand` });
      await own.aws('kms', 'list-keys');
      expect((await own.run('kms', 'list-aliases')).error).toContain('AccessDeniedException');
    },
    SLOW_MS,
  );

  test(
    'simulate-principal-policy says the same as the requests did',
    async () => {
      const decided = async (source: string) => {
        const actions = ['kms:ListAliases', 'kms:ListKeys'];
        const answer = await cli.aws('iam', 'simulate-principal-policy', '--policy-source-arn', source, '--action-names', ...actions);
        return (answer['EvaluationResults'] as { EvalDecision: string }[]).map(({ EvalDecision }) => EvalDecision);
      };
      expect(await decided(`${arn}user/${user}`)).toEqual(['allowed', 'implicitDeny']);
      expect(await decided(`${arn}role/${role}`)).toEqual(['implicitDeny', 'allowed']);
    },
    SLOW_MS,
  );

  test(
    'get-session-token takes the code of a device',
    async () => {
      const iam = iamClient();
      const device = await anAuthenticator(iam, user);
      iam.destroy();
      const shown = ['--serial-number', device.serialNumber, '--token-code', code(device.seed, stepNow() + 1)];
      const answer = await signedBy(keys).aws('sts', 'get-session-token', ...shown);
      expect(await signedBy(answer['Credentials'] as Keys).aws('sts', 'get-caller-identity')).toMatchObject({ Arn: `${arn}user/${user}` });
      await cli.aws('iam', 'deactivate-mfa-device', '--user-name', user, '--serial-number', device.serialNumber);
      await cli.aws('iam', 'delete-virtual-mfa-device', '--serial-number', device.serialNumber);
    },
    SLOW_MS,
  );

  test(
    'an inactive access key, and all that is taken apart in order, ends it',
    async () => {
      const key = ['--user-name', user, '--access-key-id', keys.AccessKeyId];
      await cli.aws('iam', 'update-access-key', ...key, '--status', 'Inactive');
      expect((await signedBy(keys).run('kms', 'list-aliases')).error).toContain('UnrecognizedClientException');
      expect((await cli.run('iam', 'delete-user', '--user-name', user)).error).toContain('DeleteConflict');
      await cli.aws('iam', 'delete-access-key', ...key);
      await cli.aws('iam', 'remove-user-from-group', '--group-name', group, '--user-name', user);
      await cli.aws('iam', 'delete-role-policy', '--role-name', role, '--policy-name', 'keys');
      await cli.aws('iam', 'delete-role', '--role-name', role);
      expect((await signedBy(session).run('kms', 'list-keys')).code).not.toBe(0);
      await cli.aws('iam', 'detach-group-policy', '--group-name', group, '--policy-arn', `${arn}policy/${policy}`);
      await cli.aws('iam', 'delete-group', '--group-name', group);
      await cli.aws('iam', 'delete-policy', '--policy-arn', `${arn}policy/${policy}`);
      await cli.aws('iam', 'delete-user', '--user-name', user);
    },
    SLOW_MS,
  );
});
