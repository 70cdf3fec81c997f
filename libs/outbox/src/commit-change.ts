import type { Change } from '@trent/feed';
import type { Database, Transaction } from '@trent/postgres';

/** Work is run again when the server asks for it (deadlock of two changes over two feeds, serialisation failure). */
const ATTEMPTS = 3;

/** What makes two calls the same call: the same principal sends the same input to the same operation under the same token. */
export interface Idempotency {
  readonly principal: string;
  /** `kms.DisableKey` */
  readonly operation: string;
  /** amz-sdk-invocation-id, or the native call's idempotency key. */
  readonly token: string;
  /** SHA-256 of the request message. */
  readonly inputDigest: Uint8Array;
}

/** A change of something that followers hold in view. */
export interface ChangeOfView {
  /** `keys.us-east-1` */
  readonly feed: string;
  /** `key`, `alias`, `principal` */
  readonly kind: string;
  readonly id: string;
  /** Grows with every change of this id. */
  readonly version: bigint;
  /** Whether the answer waits until every follower obeys it; creation need not. */
  readonly barrier: boolean;
}

/** What the caller's work has done, to be committed with it. */
export interface Outcome {
  /** The response message; kept for an hour when the call is idempotent, so nothing secret in clear. */
  readonly answer: Uint8Array;
  readonly changes: readonly ChangeOfView[];
  /** CloudTrail records, one JSON text each. */
  readonly audit: readonly { readonly region: string; readonly record: string }[];
}

/** The caller's work inside the change's transaction. It may be run again, so it leaves nothing behind outside of it. */
export type ChangeWork = (tx: Transaction) => Promise<Outcome>;

/** An audit record on its way to JetStream. */
export interface OutboxRow {
  readonly id: bigint;
  readonly region: string;
  readonly record: string;
}

/** A committed change, this time or before. */
export interface Committed {
  readonly answer: Uint8Array;
  /** Changes made now, by feed, in order; none for a repeated call. */
  readonly changes: ReadonlyMap<string, readonly Change[]>;
  /** Feed → sequence that followers must have confirmed before the answer is given. */
  readonly barriers: ReadonlyMap<string, bigint>;
  /** Records that are not acknowledged yet. */
  readonly outbox: readonly OutboxRow[];
}

const CLAIM = `insert into idempotency (principal, operation, token, input_digest) values ($1, $2, $3, $4) on conflict do nothing`;

const REPEAT = `select i.answer, i.barrier, coalesce(jsonb_agg(jsonb_build_array(o.id::text, o.region, o.record) order by o.id)
    filter (where o.id is not null), '[]') as outbox
  from idempotency i left join audit_outbox o on o.id = any(i.outbox_ids) and o.relayed_at is null
  where i.principal = $1 and i.operation = $2 and i.token = $3 and i.input_digest = $4
  group by i.answer, i.barrier`;

/**
 * The last statement of a change. It takes the lock of each feed (in the order of their names, so that two changes over the same feeds
 * don't wait for each other), numbers the changes, and keeps answer, records and what the answer waits for.
 */
const FINISH = `with locked as materialized (
    select name from feed_head where name = any($1::text[]) order by name for update
  ), counted as (
    select name, count(*) as changes from unnest($1::text[]) as name group by name
  ), bumped as (
    update feed_head h set sequence = h.sequence + c.changes from locked l join counted c using (name)
    where h.name = l.name returning h.name, h.sequence, h.sequence - c.changes as base
  ), logged as (
    insert into change_log (name, sequence, kind, id, version)
    select b.name, b.base + row_number() over (partition by b.name order by c.position), c.kind, c.id, c.version
    from unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) with ordinality as c (name, kind, id, version, position)
    join bumped b using (name)
  ), recorded as (
    insert into audit_outbox (region, record)
    select region, record from unnest($5::text[], $6::text[]) with ordinality as r (region, record, position) order by position
    returning id
  ), answered as (
    update idempotency set answer = $7, outbox_ids = (select array_agg(id) from recorded),
      barrier = (select jsonb_object_agg(name, sequence::text) from bumped where name = any($8::text[]))
    where principal = $9 and operation = $10 and token = $11 and input_digest = $12
  )
  select coalesce((select jsonb_object_agg(name, sequence::text) from bumped), '{}') as heads,
    coalesce((select array_agg(id order by id) from recorded), '{}') as ids`;

/** Runs the work and commits it with everything that belongs to it; a repeated call gets what was committed for the first. */
export async function commitChange(
  db: Database,
  idempotency: Idempotency | undefined,
  deadline: number,
  work: ChangeWork,
): Promise<Committed> {
  return db.transaction(
    async (tx) => {
      if (idempotency !== undefined) {
        const earlier = await claim(tx, idempotency);
        if (earlier !== undefined) return earlier;
      }
      return finish(tx, idempotency, await work(tx));
    },
    { deadline, attempts: ATTEMPTS },
  );
}

function keyOf({ principal, operation, token, inputDigest }: Idempotency): unknown[] {
  return [principal, operation, token, inputDigest];
}

/** Makes this call the first of its kind (a concurrent one waits here until it ends), or finds what the first was answered. */
async function claim(tx: Transaction, idempotency: Idempotency): Promise<Committed | undefined> {
  for (;;) {
    const { rowCount } = await tx.query(CLAIM, keyOf(idempotency), { name: 'idempotency-claim' });
    if (rowCount === 1) return undefined;
    const { rows } = await tx.query<RepeatRow>(REPEAT, keyOf(idempotency), { name: 'idempotency-repeat' });
    const [row] = rows;
    // Gone between the two statements: its hour was over.
    if (row !== undefined) return repeated(row);
  }
}

interface RepeatRow {
  readonly answer: Buffer;
  readonly barrier: Readonly<Record<string, string>> | null;
  readonly outbox: readonly (readonly [id: string, region: string, record: string])[];
}

function repeated({ answer, barrier, outbox }: RepeatRow): Committed {
  return {
    answer,
    changes: new Map(),
    barriers: sequencesOf(barrier ?? {}),
    outbox: outbox.map(([id, region, record]) => ({ id: BigInt(id), region, record })),
  };
}

async function finish(tx: Transaction, idempotency: Idempotency | undefined, outcome: Outcome): Promise<Committed> {
  const { answer, changes, audit } = outcome;
  const awaited = new Set(changes.filter(({ barrier }) => barrier).map(({ feed }) => feed));
  const key = idempotency === undefined ? [null, null, null, null] : keyOf(idempotency);
  const columns = [changes.map((c) => c.feed), changes.map((c) => c.kind), changes.map((c) => c.id), changes.map((c) => c.version)];
  const records = [audit.map((row) => row.region), audit.map((row) => row.record)];
  const { rows } = await tx.queryAndCommit<{ heads: Record<string, string>; ids: bigint[] }>(
    FINISH,
    [...columns, ...records, answer, [...awaited], ...key],
    { name: 'change-finish' },
  );
  const heads = sequencesOf(rows[0]?.heads ?? {});
  const ids = rows[0]?.ids ?? [];
  return {
    answer,
    changes: numbered(changes, heads),
    barriers: new Map([...heads].filter(([feed]) => awaited.has(feed))),
    outbox: audit.map((row, i) => ({ ...row, id: ids[i] ?? 0n })),
  };
}

/** Gives the changes the sequences that the last statement gave their rows: per feed in order, ending at its head. */
function numbered(changes: readonly ChangeOfView[], heads: ReadonlyMap<string, bigint>): Map<string, Change[]> {
  const byFeed = Map.groupBy(changes, ({ feed }) => feed);
  const result = new Map<string, Change[]>();
  for (const [feed, own] of byFeed) {
    const base = (heads.get(feed) ?? 0n) - BigInt(own.length);
    result.set(
      feed,
      own.map(({ kind, id, version }, i) => ({ sequence: base + BigInt(i) + 1n, kind, id, version })),
    );
  }
  return result;
}

function sequencesOf(heads: Readonly<Record<string, string>>): Map<string, bigint> {
  return new Map(Object.entries(heads).map(([feed, sequence]) => [feed, BigInt(sequence)]));
}
