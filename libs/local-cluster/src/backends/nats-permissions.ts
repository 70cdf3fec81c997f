/** Services with a NATS user of their own; user name = service name. */
export const NATS_USERS = ['gateway', 'policy', 'key-metadata', 'crypto-worker', 'audit-ingest'] as const;
export type NatsUser = (typeof NATS_USERS)[number];

/** Subjects a user may publish to and subscribe to; nothing else. */
export interface NatsPermissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** What streams a deployment has: names end in the region, so the rules are written out per region. */
export interface StreamNames {
  readonly regions: readonly string[];
  readonly auditStreams: number;
}

/**
 * Least privilege per service (DESIGN 10, "NATS: delay and deny, not grant"):
 * who writes a feed publishes its changes and reads its confirms, who follows it the other way round; only audit-ingest reads the audit streams.
 * Every client sets `inboxPrefix: _INBOX.<user>`, so that no service reads another's answers.
 */
export function natsPermissions(user: NatsUser, names: StreamNames): NatsPermissions {
  const audit = names.regions.flatMap((region) => Array.from({ length: names.auditStreams }, (_, i) => `AUDIT_${region}_${String(i)}`));
  const tokens = names.regions.map((region) => `TOKENS_${region}`);
  const own = permissionsOf(user, audit, tokens);
  return { publish: own.publish, subscribe: [...own.subscribe, `_INBOX.${user}.>`] };
}

const AUDIT_SUBJECTS = 'trent.audit.*.*';

function permissionsOf(user: NatsUser, audit: readonly string[], tokens: readonly string[]): NatsPermissions {
  switch (user) {
    case 'gateway':
      return { publish: [AUDIT_SUBJECTS], subscribe: [] };
    case 'policy':
      return {
        // Writes the principals' feed and, every replica, follows it too: a credential revoked at one is revoked at all.
        publish: [
          AUDIT_SUBJECTS,
          ...changes('principals'),
          ...confirms('principals'),
          ...confirms('keys'),
          // The kill switch: nobody else may say what is frozen.
          'trent.freezes.>',
          ...manage('FREEZES'),
          ...consume('FREEZES'),
          '$JS.API.INFO',
        ],
        subscribe: [...changes('keys'), ...changes('principals'), ...confirms('principals')],
      };
    case 'key-metadata':
      return {
        publish: [AUDIT_SUBJECTS, 'trent.tokens.>', ...changes('keys'), ...tokens.flatMap(keep), ...tokens.flatMap(read), '$JS.API.INFO'],
        subscribe: [...confirms('keys')],
      };
    case 'crypto-worker':
      return {
        publish: [...confirms('keys'), ...confirms('principals')],
        subscribe: [...changes('keys'), ...changes('principals')],
      };
    case 'audit-ingest':
      return { publish: [...audit.flatMap(manage), ...audit.flatMap(consume), '$JS.API.INFO', '$JS.API.STREAM.NAMES'], subscribe: [] };
  }
}

const changes = (feed: string): string[] => [`trent.feed.${feed}.changes`, `trent.feed.${feed}.*.changes`];
const confirms = (feed: string): string[] => [`trent.feed.${feed}.confirms`, `trent.feed.${feed}.*.confirms`];

/** Create, change and look at a stream (JetStream wire API, ADR-1); not delete or purge it. */
function manage(stream: string): string[] {
  return ['CREATE', 'UPDATE', 'INFO'].map((verb) => `$JS.API.STREAM.${verb}.${stream}`);
}

/** Manage a stream, and shred single subjects of it: what a key's end or its user's word takes away must be gone from here too. */
function keep(stream: string): string[] {
  return [...manage(stream), `$JS.API.STREAM.MSG.DELETE.${stream}`, `$JS.API.STREAM.PURGE.${stream}`];
}

/** Read single messages of a stream, to restore from it. */
function read(stream: string): string[] {
  return [`$JS.API.STREAM.MSG.GET.${stream}`, `$JS.API.DIRECT.GET.${stream}`, `$JS.API.DIRECT.GET.${stream}.>`, ...consume(stream)];
}

/** Create a pull consumer, fetch from it, acknowledge. */
function consume(stream: string): string[] {
  const consumer = ['CREATE', 'DURABLE.CREATE', 'INFO', 'MSG.NEXT', 'DELETE'].map((verb) => `$JS.API.CONSUMER.${verb}.${stream}.>`);
  return [
    ...consumer,
    `$JS.API.CONSUMER.CREATE.${stream}`,
    `$JS.API.CONSUMER.NAMES.${stream}`,
    `$JS.API.CONSUMER.LIST.${stream}`,
    `$JS.ACK.${stream}.>`,
    `$JS.FC.${stream}.>`,
  ];
}
