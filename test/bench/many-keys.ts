import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import pg from 'pg';
import { clusterAccess, type ClusterAccess } from '../load/cluster-access.ts';
import { driveClosedLoop, type DoRequest } from '../load/drive.ts';
import { makeWorkload } from '../load/make-workload.ts';
import { wholeNumber } from '../load/option-values.ts';
import { openHttps, type HttpsTarget } from '../load/targets/https.ts';
import { difference, openBenchCluster, type BenchCluster } from './bench-cluster.ts';
import { processColumns } from './bench-row.ts';
import { alignColumns } from './table.ts';

interface Options {
  readonly keys: number;
  readonly seconds: number;
  readonly rounds: number;
}

/** What every size is measured with. */
const IN_FLIGHT = 16;
const WARM_UP_MS = 1_500;
const FEW = 1_000;

/** `npm run bench:keys`: what listing and describing costs beside few keys and beside many. */
const program = new Command('npm run bench:keys --')
  .description('fill two clusters with keys by SQL, few and many, and measure ListKeys, ListAliases and DescribeKey in both in turn')
  .option('--keys <n>', 'how many are many', wholeNumber, 1_000_000)
  .option('--seconds <n>', 'how long each row is measured', wholeNumber, 3)
  .option('--rounds <n>', 'how often; of each row the cheapest is shown', wholeNumber, 3)
  .showHelpAfterError();

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
  await client.query('vacuum (analyze) keys, materials, aliases');
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

/** Requests for one of a thousand keys, so that what policy holds in view is the same among few and among many; then for any of many. */
function requestsAmong(https: HttpsTarget, count: number): [string, DoRequest][] {
  const oneOf = (keys: number): number => Math.floor((randomInt(keys) * count) / keys);
  const requests: [string, DoRequest][] = [
    ['ListKeys, pages of 100', walk(https, 'ListKeys', 100)],
    ['ListAliases, pages of 50', walk(https, 'ListAliases', 50)],
    ['ListAliases of a key', () => https.call('ListAliases', { KeyId: keyIdAt(oneOf(FEW)) })],
    ['DescribeKey by id', () => https.call('DescribeKey', { KeyId: keyIdAt(oneOf(FEW)) })],
    ['DescribeKey by alias', () => https.call('DescribeKey', { KeyId: aliasAt(oneOf(FEW)) })],
  ];
  if (count > FEW) requests.push(['DescribeKey of any key', () => https.call('DescribeKey', { KeyId: keyIdAt(oneOf(count)) })]);
  return requests;
}

interface Figures {
  readonly perThousand: number;
  readonly postgres: number;
  readonly opsPerSecond: number;
  readonly p50Ms: number;
  readonly failed: number;
}

async function measure(cluster: BenchCluster, request: DoRequest, durationMs: number): Promise<Figures> {
  await driveClosedLoop(IN_FLIGHT, WARM_UP_MS, request);
  const before = cluster.cpuSeconds(new Set());
  const { answered, opsPerSecond, p50Ms, failed } = await driveClosedLoop(IN_FLIGHT, durationMs, request);
  const used = difference(before, cluster.cpuSeconds(new Set()));
  const total = processColumns.reduce((sum, column) => sum + used[column], 0);
  return { perThousand: (total * 1000) / answered, postgres: (used.postgres * 1000) / answered, opsPerSecond, p50Ms, failed };
}

/** A cluster with so many keys, and what is asked of it. */
async function openFilled(cluster: BenchCluster, count: number): Promise<{ cluster: BenchCluster; count: number; https: HttpsTarget }> {
  process.stderr.write(`filling with ${String(count)} keys …\n`);
  const access = clusterAccess(cluster.dir);
  const { keys: made } = await makeWorkload(access, []);
  await fill(access, made.SYMMETRIC_DEFAULT ?? '', 0, count - 1);
  return { cluster, count, https: openHttps(access.https) };
}

async function run({ keys, seconds, rounds }: Options): Promise<string[][]> {
  await using few = await openBenchCluster(undefined);
  await using many = await openBenchCluster(undefined);
  const sides = [await openFilled(few, FEW), await openFilled(many, keys)].map((side) => ({
    ...side,
    requests: requestsAmong(side.https, side.count),
  }));
  const rows: Row[] = sides
    .flatMap(({ cluster, count, requests }) => requests.map(([name, request], at) => ({ at, name, count, cluster, request })))
    .sort((one, other) => one.at - other.at);
  for (let round = 0; round < rounds; round++) {
    for (const row of rows) {
      const figures = await measure(row.cluster, row.request, seconds * 1000);
      process.stderr.write(`${row.name}, ${String(row.count)} keys: ${figures.perThousand.toFixed(2)}\n`);
      if (row.best === undefined || figures.perThousand < row.best.perThousand) row.best = figures;
    }
  }
  for (const { https } of sides) https.close();
  return tableOf(rows);
}

interface Row {
  readonly name: string;
  readonly count: number;
  readonly cluster: BenchCluster;
  readonly request: DoRequest;
  /** Of the cheapest round so far. */
  best?: Figures;
}

function tableOf(measured: readonly Row[]): string[][] {
  const rows = measured.flatMap(({ name, count, best }) => {
    if (best === undefined) return [];
    const { perThousand, postgres, opsPerSecond, p50Ms, failed } = best;
    return [[name, String(count), opsPerSecond.toFixed(0), perThousand.toFixed(2), postgres.toFixed(2), p50Ms.toFixed(1), String(failed)]];
  });
  return [['request', 'keys', 'ops/s', 'CPU s/1,000', 'postgres', 'p50 ms', 'errors'], ...rows];
}

try {
  console.log(alignColumns(await run(program.parse().opts<Options>())).join('\n'));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
process.exit();
