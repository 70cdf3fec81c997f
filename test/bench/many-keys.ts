import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import pg from 'pg';
import { clusterAccess, type ClusterAccess } from '../load/cluster-access.ts';
import { driveClosedLoop, type DoRequest } from '../load/drive.ts';
import { makeWorkload } from '../load/make-workload.ts';
import { openHttps, type HttpsTarget } from '../load/targets/https.ts';
import { difference, openBenchCluster, type BenchCluster } from './bench-cluster.ts';
import { processColumns } from './bench-row.ts';
import { alignColumns } from './table.ts';

interface Options {
  readonly keys: number;
  readonly seconds: number;
}

/** What every size is measured with. */
const IN_FLIGHT = 16;
const WARM_UP_MS = 1_500;
const FEW = 1_000;

/** `npm run bench:keys`: what listing and describing costs beside few keys and beside many. */
const program = new Command('npm run bench:keys --')
  .description('fill an account with keys by SQL and measure ListKeys, ListAliases and DescribeKey among few and among many')
  .option('--keys <n>', 'how many are many', wholeNumber, 1_000_000)
  .option('--seconds <n>', 'how long each row is measured', wholeNumber, 3)
  .showHelpAfterError();

function wholeNumber(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('expected a whole number above 0');
}

/** Names of the nth key and its alias. */
const keyIdAt = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const aliasAt = (n: number): string => `alias/many/${String(n).padStart(12, '0')}`;

/** Copies the account's own first key, so that all members are as the cluster makes them; a copied token opens nothing, and nothing here opens one. */
async function fill(access: ClusterAccess, keyArn: string, from: number, to: number): Promise<void> {
  const password = readFileSync(join(access.folder.secrets, 'postgres-key_metadata'), 'utf8').trimEnd();
  const client = new pg.Client({
    ...{ host: '127.0.0.1', port: access.settings.ports['postgres.sql'] ?? 0, user: 'key_metadata', password, database: 'trent' },
    options: '-c search_path=key_metadata',
  });
  await client.connect();
  const model = [access.region, keyArn.split('/').at(-1), from, to];
  const id = `'00000000-0000-4000-8000-' || lpad(n::text, 12, '0')`;
  await client.query(
    `insert into keys (region, key_id, account_id, key_state, key_spec, key_usage, origin, policy)
     select region, ${id}, account_id, key_state, key_spec, key_usage, origin, policy
     from keys, generate_series($3::int, $4::int) n where region = $1 and key_id = $2`,
    model,
  );
  await client.query(
    `insert into materials (region, key_id, material_id, token, root_version, is_current)
     select region, ${id}, material_id, token, root_version, is_current
     from materials, generate_series($3::int, $4::int) n where region = $1 and key_id = $2`,
    model,
  );
  await client.query(
    `insert into aliases (region, account_id, alias_name, key_id)
     select region, account_id, 'alias/many/' || lpad(n::text, 12, '0'), ${id}
     from keys, generate_series($3::int, $4::int) n where region = $1 and key_id = $2`,
    model,
  );
  await client.query('analyze keys, materials, aliases');
  await client.end();
}

/** Goes through all pages, again and again. */
function walk(https: HttpsTarget, operation: string, limit: number): DoRequest {
  let marker: string | undefined;
  return async () => {
    const answer = await https.call(operation, { Limit: limit, ...(marker === undefined ? {} : { Marker: marker }) });
    marker = answer['NextMarker'] as string | undefined;
  };
}

function requestsAmong(https: HttpsTarget, count: number): ReadonlyMap<string, DoRequest> {
  const any = (): number => randomInt(count);
  return new Map([
    ['ListKeys, pages of 100', walk(https, 'ListKeys', 100)],
    ['ListAliases, pages of 50', walk(https, 'ListAliases', 50)],
    ['ListAliases of a key', () => https.call('ListAliases', { KeyId: keyIdAt(any()) })],
    ['DescribeKey by id', () => https.call('DescribeKey', { KeyId: keyIdAt(any()) })],
    ['DescribeKey by alias', () => https.call('DescribeKey', { KeyId: aliasAt(any()) })],
  ]);
}

async function measure(cluster: BenchCluster, request: DoRequest, durationMs: number): Promise<string[]> {
  await driveClosedLoop(IN_FLIGHT, WARM_UP_MS, request);
  const before = cluster.cpuSeconds(new Set());
  const { answered, opsPerSecond, p50Ms, p99Ms, failed } = await driveClosedLoop(IN_FLIGHT, durationMs, request);
  const used = difference(before, cluster.cpuSeconds(new Set()));
  const total = processColumns.reduce((sum, column) => sum + used[column], 0);
  const perThousand = ((total * 1000) / answered).toFixed(2);
  const postgres = ((used.postgres * 1000) / answered).toFixed(2);
  return [opsPerSecond.toFixed(0), perThousand, postgres, p50Ms.toFixed(1), p99Ms.toFixed(1), String(failed)];
}

async function run({ keys, seconds }: Options): Promise<string[][]> {
  await using cluster = await openBenchCluster(undefined);
  const access = clusterAccess(cluster.dir);
  const { keys: made } = await makeWorkload(access, []);
  const https = openHttps(access.https);
  const rows: string[][] = [['request', 'keys', 'ops/s', 'CPU s/1,000', 'postgres', 'p50 ms', 'p99 ms', 'errors']];
  let filled = 0;
  for (const count of [FEW, keys]) {
    process.stderr.write(`filling up to ${String(count)} keys …\n`);
    await fill(access, made.SYMMETRIC_DEFAULT ?? '', filled, count - 1);
    filled = count;
    for (const [name, request] of requestsAmong(https, count)) {
      rows.push([name, String(count), ...(await measure(cluster, request, seconds * 1000))]);
    }
  }
  https.close();
  return rows;
}

try {
  console.log(alignColumns(await run(program.parse().opts<Options>())).join('\n'));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
process.exit();
