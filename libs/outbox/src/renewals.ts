import { fail, isTrentError } from '@trent/errors';
import type { Change, RenewRequest, RenewResponse } from '@trent/feed';
import type { Database } from '@trent/postgres';
import type { Barrier } from './barrier.ts';
import { LEASE_MS } from './lease-terms.ts';
import type { Leases } from './leases.ts';
import type { RecentChanges } from './recent-changes.ts';

/** A follower asks again after 700 ms: what takes longer is as good as down. */
const STORE_PATIENCE_MS = 400;
/** Page of changes, at most. */
const MAX_PAGE = 2_048;
/** How much of the past a follower gets that starts empty: longer than any permit lives (3 s and 1 s leeway). */
const HISTORY_SECONDS = 10;
/** Bound of that past. */
const MAX_HISTORY = 16_384;

const PAGE = `select h.sequence as head, h.seal_key, c.sequence, c.kind, c.id, c.version from feed_head h
  left join lateral (select * from change_log where name = h.name and sequence > $2 order by sequence limit $3) c on true
  where h.name = $1 order by c.sequence`;
const HISTORY = `select h.sequence as head, h.seal_key, c.sequence, c.kind, c.id, c.version from feed_head h
  left join lateral (select * from (select * from change_log where name = h.name order by sequence desc limit $2) newest
    where at > clock_timestamp() - make_interval(secs => $3)) c on true
  where h.name = $1 order by c.sequence`;

/** One feed as this writer serves it. */
export interface ServedFeed {
  readonly barrier: Barrier;
  readonly recent: RecentChanges;
}

interface PageRow {
  readonly head: bigint;
  readonly seal_key: Buffer;
  /** Null in the only row of an empty page. */
  readonly sequence: bigint | null;
  readonly kind: string;
  readonly id: string;
  readonly version: bigint;
}

/**
 * Answers a follower's Renew: writes its lease, then tells it what it has missed.
 * When the store is out of reach the lease is provisional: remembered here, so that later barriers of this process wait for it.
 * @throws TrentError ValidationException for an unknown feed
 */
export async function answerRenew(
  deps: { readonly db: Database; readonly leases: Leases; readonly feeds: ReadonlyMap<string, ServedFeed> },
  request: RenewRequest,
): Promise<RenewResponse> {
  const served = deps.feeds.get(request.name);
  if (served === undefined) fail('ValidationException', 'This writer does not serve that feed.');
  served.barrier.confirm(request.follower, request.applied);
  const deadline = performance.now() + STORE_PATIENCE_MS;
  try {
    // INVARIANT: the lease is committed before the head is read, in two statements. In one the head would be read from a snapshot taken
    // before the lease can be seen, and a change between the two would neither wait for this follower nor be told to it.
    await deps.leases.renew(request.name, request.follower, request.applied, deadline);
    return await page(deps.db, served, request, deadline);
  } catch (error) {
    if (!isTrentError(error) || error.code !== 'DependencyTimeoutException') throw error;
    return provisional(served, request);
  }
}

async function page(db: Database, served: ServedFeed, request: RenewRequest, deadline: number): Promise<RenewResponse> {
  const atMost = Math.min(Math.max(request.maxChanges, 1), MAX_PAGE);
  const { rows } = request.fromHead
    ? await db.query<PageRow>(HISTORY, [request.name, MAX_HISTORY, HISTORY_SECONDS], { deadline, name: 'feed-history' })
    : await db.query<PageRow>(PAGE, [request.name, request.applied, atMost], { deadline, name: 'feed-page' });
  const [first] = rows;
  if (first === undefined) fail('KMSInternalException', 'The feed has lost its head.');
  const changes = rows.flatMap(changeOf);
  served.recent.noteHead(first.head);
  const last = changes.at(-1)?.sequence ?? request.applied;
  return {
    head: first.head,
    changes,
    more: !request.fromHead && last < first.head,
    provisional: false,
    leaseMs: LEASE_MS,
    reset: !request.fromHead && hasLostTrack(request.applied, first.head, changes),
    sealKey: first.seal_key,
  };
}

/** What the follower needs next is cut off, or it is ahead of the feed (which then is another one: restored from a copy). */
function hasLostTrack(applied: bigint, head: bigint, changes: readonly Change[]): boolean {
  if (applied > head) return true;
  return applied < head && changes[0]?.sequence !== applied + 1n;
}

function provisional(served: ServedFeed, request: RenewRequest): RenewResponse {
  const { barrier, recent } = served;
  barrier.state.grantProvisional(request.follower, performance.now());
  const changes = request.fromHead ? [] : recent.after(request.applied, MAX_PAGE);
  return { head: recent.head, changes, more: false, provisional: true, leaseMs: LEASE_MS, reset: false, sealKey: recent.sealKeyBytes };
}

function changeOf({ sequence, kind, id, version }: PageRow): Change[] {
  return sequence === null ? [] : [{ sequence, kind, id, version }];
}
