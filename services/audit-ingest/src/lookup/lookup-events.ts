import { cloudtrail } from '@trent/contracts';
import type { Database } from '@trent/postgres';
import { findRecords, isIndexed, type FoundRecord, type Scope } from './find-records.ts';
import { makeNextToken, readNextToken, type Position } from './next-token.ts';
import { readRequest, type Lookup } from './read-request.ts';

/** Without an index, look this far back first … */
const FIRST_WINDOW_S = 3_600;
/** … and so much farther each time nothing fills the page: 90 days in seven steps. */
const WINDOW_GROWTH = 4;
/** A page that takes longer is answered as far as it got, with a token to go on from there (AWS: a page may be empty). */
const PATIENCE_MS = 1_500;

const NEWEST_ARRIVAL = 2n ** 63n - 1n;
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Who looks, and where. */
export interface LookupScope {
  readonly accountId: string;
  readonly region: string;
  /** In milliseconds of `performance.now()`. */
  readonly deadline: number;
}

/** What look-up is built from. */
export interface LookupParts {
  readonly db: Database;
  /** Authenticates NextTokens; all replicas have the same. */
  readonly tokenKey: Uint8Array;
  readonly epochMs: () => number;
  readonly now: () => number;
}

/**
 * cloudtrail:LookupEvents: the account's records of the Region, newest first, one filter at most.
 * https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
 * @throws TrentError the errors of `readRequest`, InvalidNextTokenException, DependencyTimeoutException
 */
export async function lookupEvents(
  parts: LookupParts,
  request: cloudtrail.LookupEventsRequest,
  scope: LookupScope,
): Promise<cloudtrail.LookupEventsResponse> {
  const lookup = readRequest(request, parts.epochMs() / 1000);
  const question = JSON.stringify([scope.accountId, scope.region, lookup.filter, lookup.asked]);
  const token = request.nextToken ?? '';
  const before = token === '' ? newest(lookup.endS) : readNextToken(parts.tokenKey, question, token);
  if (lookup.insight) return cloudtrail.LookupEventsResponse.create();
  const page = await findPage(parts, lookup, scope, before);
  const nextToken = page.next === undefined ? undefined : makeNextToken(parts.tokenKey, question, page.next);
  return { events: page.records.map(eventOf), nextToken };
}

interface Page {
  readonly records: readonly FoundRecord[];
  /** Where there may be more. */
  readonly next?: Position;
}

async function findPage(parts: LookupParts, lookup: Lookup, { accountId, region, deadline }: LookupScope, start: Position): Promise<Page> {
  const { filter, startS, maxResults } = lookup;
  const until = Math.min(parts.now() + PATIENCE_MS, deadline);
  const records: FoundRecord[] = [];
  let before = start;
  let windowS = isIndexed(filter) ? Infinity : FIRST_WINDOW_S;
  for (;;) {
    const fromS = Math.max(startS, newestPossible(before, parts) - windowS);
    const scope: Scope = { accountId, region, filter, fromS, before };
    const wanted = maxResults - records.length + 1; // one more tells whether there is a next page
    records.push(...(await findRecords(parts.db, scope, wanted, deadline)));
    if (records.length > maxResults) return pageOf(records.slice(0, maxResults));
    if (fromS <= startS) return { records };
    before = { eventTimeS: fromS, arrival: 0n, eventId: LAST_ID };
    windowS *= WINDOW_GROWTH;
    if (parts.now() >= until) return { records, next: before };
  }
}

/** Windows are laid from where records can be: not from an end in the far future. */
function newestPossible(before: Position, { epochMs }: LookupParts): number {
  return Math.min(before.eventTimeS, epochMs() / 1000);
}

function pageOf(records: readonly FoundRecord[]): Page {
  const last = records.at(-1);
  if (last === undefined) return { records };
  return { records, next: { eventTimeS: last.event_time_s, arrival: last.arrival, eventId: last.event_id } };
}

/** Before the first record that may be found: the end of the range is part of it. */
function newest(endS: number): Position {
  return { eventTimeS: endS, arrival: NEWEST_ARRIVAL, eventId: LAST_ID };
}

function eventOf(found: FoundRecord): cloudtrail.Event {
  return {
    eventId: found.event_id,
    eventName: found.event_name,
    readOnly: String(found.read_only),
    accessKeyId: found.access_key_id ?? undefined,
    eventTime: new Date(found.event_time_s * 1000),
    eventSource: found.event_source,
    username: found.username ?? undefined,
    resources: resourcesOf(found.record),
    cloudTrailEvent: found.record,
  };
}

function resourcesOf(record: string): cloudtrail.Resource[] {
  const { resources } = JSON.parse(record) as { resources?: readonly { type?: string; ARN?: string }[] | null };
  return (resources ?? []).map(({ type, ARN }) => ({ resourceType: type, resourceName: ARN }));
}
