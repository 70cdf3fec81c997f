/**
 * Everything a log line may carry beside its event: names of OpenTelemetry's semantic conventions where one exists, primitives alone.
 * What is not in this list does not compile and is not written. Members' values of requests, secrets and key material have no place here.
 */
const fields = {
  // who and where
  'service.name': 'string',
  'service.instance.id': 'string',
  zone: 'string',
  region: 'string',
  // a request
  request_id: 'string',
  trace_id: 'string',
  operation: 'string',
  account: 'string',
  principal: 'string',
  source_ip: 'string',
  wire: 'string',
  'http.status': 'number',
  'rpc.status': 'number',
  // what it was about
  key_id: 'string',
  material_id: 'string',
  key_spec: 'string',
  grant_id: 'string',
  store_id: 'string',
  // peers
  peer: 'string',
  caller: 'string',
  rpc: 'string',
  endpoint: 'string',
  link: 'string',
  state: 'string',
  // errors
  'error.type': 'string',
  'error.message': 'string',
  'error.stack': 'string',
  reason: 'string',
  // HSM
  module: 'string',
  slot: 'number',
  token_label: 'string',
  mechanism: 'string',
  protection_level: 'string',
  root_version: 'number',
  // streams, feeds, tables
  stream: 'string',
  subject: 'string',
  feed: 'string',
  follower: 'string',
  sequence: 'string',
  publisher: 'string',
  batch: 'string',
  schema: 'string',
  table: 'string',
  partition: 'string',
  migration: 'string',
  // figures
  count: 'number',
  bytes: 'number',
  attempt: 'number',
  port: 'number',
  duration_ms: 'number',
  delay_ms: 'number',
  expires_at: 'string',
  version: 'string',
  signal: 'string',
  file: 'string',
  name: 'string',
  detail: 'string',
} as const satisfies Record<string, 'string' | 'number'>;

interface Primitives {
  string: string;
  number: number;
}

/** What a log line may carry. */
export type LogFields = { readonly [Name in keyof typeof fields]?: Primitives[(typeof fields)[Name]] };

/** Longest text of a field; a stack needs most. */
const MAX_TEXT = 8192;

/** Copies what the list allows, in case types were talked round: other names, objects and buffers are left out, long texts cut. */
export function allowedFields(given: LogFields): Record<string, string | number> {
  const types: Readonly<Record<string, string>> = fields;
  const allowed: Record<string, string | number> = {};
  for (const name of Object.keys(given)) {
    const value: unknown = given[name as keyof LogFields];
    if (!Object.hasOwn(types, name) || typeof value !== types[name]) continue;
    if (typeof value === 'string') allowed[name] = value.length > MAX_TEXT ? value.slice(0, MAX_TEXT) : value;
    else if (typeof value === 'number') allowed[name] = value;
  }
  return allowed;
}
