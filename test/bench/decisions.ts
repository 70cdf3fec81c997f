import { hash, randomBytes, randomUUID } from 'node:crypto';
import { Client } from '@grpc/grpc-js';
import { authorize } from '@trent/contracts';
import { compileGrant, evaluate, GrantIndex, type AuthorisationRequest, type Documents } from '@trent/policy-evaluator';
import { compilePolicy, foldCase } from '@trent/policy-language';
import { clusterAccess, type ClusterAccess } from '../load/cluster-access.ts';
import { driveClosedLoop } from '../load/drive.ts';
import { makeWorkload } from '../load/make-workload.ts';
import { ItemStream } from '../load/targets/item-stream.ts';
import { mutualTls } from '../load/targets/native.ts';
import { difference, openBenchCluster } from './bench-cluster.ts';
import { alignColumns } from './table.ts';

const SECONDS = 3;
const ACCOUNT = '111122223333';
const KEY = `arn:aws:kms:us-east-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const KEY_POLICY_BYTES = 32 * 1024;
const MANY_GRANTS = 1_000;
const IN_FLIGHT = 512;

const userArn = (name: string): string => `arn:aws:iam::${ACCOUNT}:user/${name}`;
const document = (statements: readonly object[]): string => JSON.stringify({ Version: '2012-10-17', Statement: statements });

const statements = [
  { Sid: 'Account', Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' },
  {
    Sid: 'Use',
    Effect: 'Allow',
    Principal: { AWS: [userArn('alice'), userArn('bob')] },
    Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey*'],
    Resource: '*',
    Condition: { StringEquals: { 'kms:EncryptionContext:purpose': 'bench' } },
  },
  {
    Sid: 'Outside',
    Effect: 'Deny',
    Principal: '*',
    Action: 'kms:*',
    Resource: '*',
    Condition: { NotIpAddress: { 'aws:SourceIp': ['10.0.0.0/8', '127.0.0.0/8'] } },
  },
];

/** A policy as long as a key's may be: each of its statements is for users of its own. */
function longPolicy(): string {
  const all: object[] = [...statements];
  for (let n = 0; ; n++) {
    const Principal = { AWS: [userArn(`app-${String(n)}`), userArn(`job-${String(n)}`)] };
    const more = { Sid: `App${String(n)}`, Effect: 'Allow', Principal, Action: ['kms:Encrypt', 'kms:Decrypt'], Resource: '*' };
    if (Buffer.byteLength(document([...all, more])) > KEY_POLICY_BYTES) return document(all);
    all.push(more);
  }
}

function grants(count: number): GrantIndex {
  const encryptionContextSubset = (n: number) => ({ volume: `vol-${String(n)}` });
  return new GrantIndex(
    Array.from({ length: count }, (_, n) =>
      compileGrant({
        grantId: randomBytes(32).toString('hex'),
        grantee: { principal: userArn(n % 2 === 0 ? 'carol' : `grantee-${String(n)}`) },
        operations: ['Encrypt', 'Decrypt', 'GenerateDataKey'],
        constraints: { encryptionContextSubset: encryptionContextSubset(n) },
      }),
    ),
  );
}

/** Questions in turn: a user by the key policy, one by the account's statement and its own policy, one by a grant, one with no right. */
function questions(grantCount: number): AuthorisationRequest[] {
  const context = (purpose: string, volume: number) =>
    new Map<string, readonly string[]>([
      ['aws:sourceip', ['10.1.2.3']],
      [foldCase('kms:EncryptionContext:purpose'), [purpose]],
      [foldCase('kms:EncryptionContext:volume'), [`vol-${String(volume)}`]],
      ['kms:encryptioncontextkeys', ['purpose', 'volume']],
      ['kms:keyspec', ['SYMMETRIC_DEFAULT']],
    ]);
  const ask = (name: string, action: string, purpose: string, volume = 0): AuthorisationRequest => ({
    principal: { arn: userArn(name), account: ACCOUNT, type: 'user', uniqueId: `AIDA${name.toUpperCase()}` },
    action,
    resource: { arn: KEY, account: ACCOUNT },
    context: context(purpose, volume),
    now: Date.now(),
  });
  const last = grantCount - (grantCount % 2 === 0 ? 2 : 1);
  return [
    ask('alice', 'kms:Encrypt', 'bench'),
    ask('bob', 'kms:GenerateDataKey', 'bench'),
    ask('carol', 'kms:Decrypt', 'other', last),
    ask('mallory', 'kms:ScheduleKeyDeletion', 'other'),
  ];
}

function measureEvaluator(name: string, keyPolicy: string, grantCount: number): string[] {
  const compiled = compilePolicy(keyPolicy, 'key');
  const identity = [compilePolicy(document([{ Effect: 'Allow', Action: 's3:*', Resource: '*' }]), 'identity')];
  const documents: Documents = { keyPolicy: compiled, identity, grants: grants(grantCount) };
  const asked = questions(grantCount);
  const effects = asked.map((question) => evaluate(question, documents).reason.effect).join(', ');
  const round = (): void => {
    for (let i = 0; i < 1_000; i++) evaluate(asked[i & 3] as AuthorisationRequest, documents);
  };
  for (let i = 0; i < 100; i++) round();
  const before = process.cpuUsage();
  const end = performance.now() + SECONDS * 1000;
  let decisions = 0;
  for (; performance.now() < end; decisions += 1_000) round();
  const { user, system } = process.cpuUsage(before);
  return [name, perCpuSecond(decisions, (user + system) / 1e6), effects];
}

/** The policy service asked as the gateway asks it; its own CPU alone is counted. */
async function measureService(access: ClusterAccess, keyArn: string, cpuSeconds: () => number): Promise<string[]> {
  const client = new Client(access.worker.policyTarget, mutualTls(access.worker.asGateway));
  const stream = new ItemStream<authorize.AuthorizeItem, authorize.AuthorizeResult>(client, authorize.AuthorizeServiceService.authorize);
  const inputDigest = hash('sha256', '', 'buffer');
  const request = async (): Promise<void> => {
    const result = await stream.ask(
      authorize.AuthorizeItem.create({
        ...{ timeoutMs: 5_000, requestId: randomUUID(), operation: 'kms.Encrypt', region: access.region, inputDigest },
        caller: { $case: 'certificate', value: access.worker.caller },
        keys: [authorize.KeyQuery.create({ reference: keyArn })],
        ...{ sourceIp: '127.0.0.1', algorithms: [''] },
      }),
    );
    if (result.error !== undefined || result.permit.length === 0) throw new Error(result.error?.code ?? 'no permit');
  };
  await driveClosedLoop(IN_FLIGHT, 2_000, request);
  const before = cpuSeconds();
  const { answered, errors } = await driveClosedLoop(IN_FLIGHT, SECONDS * 1000, request);
  const used = cpuSeconds() - before;
  stream.close();
  client.close();
  return ['policy service, stream of batches, permit included', perCpuSecond(answered, used), JSON.stringify(errors)];
}

function perCpuSecond(count: number, seconds: number): string {
  return Math.round(count / seconds).toLocaleString('en');
}

/** `npm run bench:decisions`: decisions a CPU second of the evaluator by itself, and authorisations of the policy service. */
async function run(): Promise<string[][]> {
  const rows = [['what', 'a CPU second', 'outcomes']];
  rows.push(measureEvaluator('evaluator, 3 statements and 2 grants', document(statements), 2));
  rows.push(measureEvaluator(`evaluator, 32 KiB policy and ${String(MANY_GRANTS)} grants`, longPolicy(), MANY_GRANTS));
  await using cluster = await openBenchCluster(undefined);
  const access = clusterAccess(cluster.dir);
  const { keys } = await makeWorkload(access, []);
  const start = cluster.cpuSeconds(new Set());
  rows.push(await measureService(access, keys.SYMMETRIC_DEFAULT ?? '', () => difference(start, cluster.cpuSeconds(new Set())).policy));
  return rows;
}

try {
  console.log(alignColumns(await run()).join('\n'));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
process.exit();
