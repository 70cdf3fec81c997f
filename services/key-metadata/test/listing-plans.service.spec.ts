import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Transaction } from '@trent/postgres';
import { listAliases } from '../src/store/aliases.ts';
import { listKeyIds, readKey, type Reader } from '../src/store/keys.ts';
import { listTags } from '../src/store/tags.ts';
import { ACCOUNT, KeyStore, keyIdAt, REGION } from './support/key-store.ts';

/** Enough that a plan that reads them all would show. */
const KEYS = 100_000;

let store: KeyStore;
beforeAll(async () => {
  store = await KeyStore.start();
  await store.fill(KEYS);
}, 300_000);
afterAll(() => store[Symbol.asyncDispose]());

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly Plans?: readonly Plan[];
}

/** A reader that explains what it is asked instead of answering it. */
function explaining(into: Plan[]): Reader {
  const query: Transaction['query'] = async (sql, values) => {
    const { rows } = await store.db.query<{ 'QUERY PLAN': readonly { Plan: Plan }[] }>(`explain (analyze, format json) ${sql}`, values);
    into.push(rows[0]!['QUERY PLAN'][0]!.Plan);
    return { rows: [], rowCount: 0 };
  };
  return { query };
}

const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

const PAGE = 100;
const middle = keyIdAt(KEYS / 2);
const cases: [string, (reader: Reader) => Promise<unknown>][] = [
  ['ListKeys, first page', (reader) => listKeyIds(reader, REGION, ACCOUNT, '', PAGE)],
  ['ListKeys, a page in the middle', (reader) => listKeyIds(reader, REGION, ACCOUNT, middle, PAGE)],
  [
    'ListAliases of the account',
    (reader) => listAliases(reader, { region: REGION, accountId: ACCOUNT, keyId: undefined }, `alias/${middle}`, PAGE),
  ],
  ['ListAliases of a key', (reader) => listAliases(reader, { region: REGION, accountId: ACCOUNT, keyId: middle }, '', PAGE)],
  ['ListResourceTags', (reader) => listTags(reader, REGION, middle, '', PAGE)],
  ['DescribeKey', (reader) => readKey(reader, REGION, middle).catch(() => undefined)],
];

describe(`with ${String(KEYS)} keys`, () => {
  test.each(cases)('%s reads what it shows by an index, and no more', async (_name, ask) => {
    const plans: Plan[] = [];
    await ask(explaining(plans));
    const nodes = plans.flatMap(nodesOf);
    expect(nodes.length).toBeGreaterThan(0);
    const scans = nodes.filter((node) => node['Relation Name'] !== undefined);
    // A table without rows may be scanned whole.
    const large = scans.filter((node) => ['keys', 'aliases', 'tags', 'materials'].includes(node['Relation Name'] ?? ''));
    expect(large.length).toBeGreaterThan(0);
    expect(large.map((node) => node['Node Type']).filter((type) => !/^(Index|Index Only|Bitmap Heap) Scan$/.test(type))).toEqual([]);
    expect(Math.max(...nodes.map((node) => node['Actual Rows']))).toBeLessThanOrEqual(PAGE);
  });

  test('pages meet without gap or overlap while keys come and go', async () => {
    const first = await listKeyIds(store.db, REGION, ACCOUNT, '', 10);
    await store.db.query('delete from keys where region = $1 and key_id = any($2)', [REGION, [keyIdAt(3), keyIdAt(10), keyIdAt(11)]]);
    const second = await listKeyIds(store.db, REGION, ACCOUNT, first.at(-1) ?? '', 3);
    expect(second).toEqual([keyIdAt(12), keyIdAt(13), keyIdAt(14)]);
  });
});
