/** A record's own text and the columns that it is found by. */
export interface IndexedRecord {
  /** Seconds since the epoch. */
  readonly eventTimeS: number;
  readonly eventId: string;
  readonly accountId: string;
  readonly region: string;
  readonly eventName: string;
  readonly eventSource: string;
  readonly readOnly: boolean;
  /** '' when there is none, as in the next. */
  readonly username: string;
  readonly accessKeyId: string;
  readonly resourceNames: readonly string[];
  readonly record: string;
}

/** A column's text longer than this is cut: a B-tree entry holds 2,700 bytes, and no ARN or name of IAM's and KMS's is as long. */
const MAX_COLUMN = 512;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const ACCOUNT = /^\d{12}$/;
/** Postgres's text holds no NUL, and columns travel joined by control characters. */
const CONTROL = /[\0-\x1f]/g;

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads what a record is found by. A string instead says why the text is no record.
 * @param text one line of JSON
 */
export function readRecord(text: string): IndexedRecord | string {
  const record = text.includes('\n') ? undefined : parseObject(text);
  if (record === undefined) return 'not a JSON object on one line';
  const eventId = record['eventID'];
  if (typeof eventId !== 'string' || !UUID.test(eventId)) return 'eventID is no UUID';
  const eventTimeS = Date.parse(textOf(record['eventTime'])) / 1000;
  if (!Number.isFinite(eventTimeS)) return 'eventTime is no time';
  const accountId = record['recipientAccountId'];
  if (typeof accountId !== 'string' || !ACCOUNT.test(accountId)) return 'recipientAccountId is no account';
  const [region, eventName, eventSource] = ['awsRegion', 'eventName', 'eventSource'].map((name) => textOf(record[name]));
  if (!region || !eventName || !eventSource) return 'awsRegion, eventName or eventSource is missing';
  if (typeof record['readOnly'] !== 'boolean') return 'readOnly is no boolean';
  const identity = objectOf(record['userIdentity']);
  return {
    eventTimeS,
    eventId,
    accountId,
    region,
    eventName,
    eventSource,
    readOnly: record['readOnly'],
    username: usernameOf(identity),
    accessKeyId: textOf(identity['accessKeyId']),
    resourceNames: resourceNamesOf(record['resources']),
    record: text,
  };
}

/** LookupEvents' Username: the user, the session of a role, "root". (AWS CloudTrail user guide, "userIdentity element") */
function usernameOf(identity: Json): string {
  const userName = textOf(identity['userName']);
  if (userName !== '') return userName;
  switch (identity['type']) {
    case 'Root':
      return 'root';
    case 'AssumedRole':
      return textOf(identity['arn']).split('/').at(-1) ?? '';
    default:
      return textOf(identity['invokedBy']);
  }
}

function resourceNamesOf(resources: unknown): string[] {
  if (!Array.isArray(resources)) return [];
  return resources.map((resource) => textOf(objectOf(resource)['ARN'])).filter((name) => name !== '');
}

function parseObject(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

/** A text as a column holds it; '' for anything else. */
function textOf(value: unknown): string {
  if (typeof value !== 'string') return '';
  const text = value.length > MAX_COLUMN ? value.slice(0, MAX_COLUMN) : value;
  return text.search(CONTROL) < 0 ? text : text.replace(CONTROL, '\uFFFD');
}
