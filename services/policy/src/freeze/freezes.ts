import { randomUUID } from 'node:crypto';
import {
  DeliverPolicy,
  DiscardPolicy,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type ConsumerMessages,
  type JetStreamClient,
} from '@nats-io/jetstream';
import { headers } from '@nats-io/nats-core';
import type { NatsConnection } from '@nats-io/transport-node';
import { AUDIT_HEADERS, auditSubject, messageBody, OUTBOX_PREFIX, serviceEventRecord } from '@trent/audit-record';
import { defineEvents } from '@trent/bootstrap';
import { failUndecided } from '@trent/errors';
import { publishUntilAcknowledged, type Publication } from '@trent/outbox';
import type { SecretBytes } from '@trent/secret-bytes';
import { reveal } from '@trent/secret-bytes/reveal';
import { readMark, UNPROVEN, writeMark } from './freeze-proof.ts';
import { accountOfTarget, FreezeState, type FreezeMark, type FreezeTarget } from './freeze-state.ts';
import type { Principal } from '../accounts/principal.ts';
import type { KeyView } from '../authorize/key-views.ts';

export const freezeEvents = defineEvents({ unread: 'freezes.unread', unproven: 'freezes.unproven' });

export interface FreezeOptions {
  readonly nats: NatsConnection;
  readonly replicas: number;
  readonly auditStreams: number;
  /** Where freezes of accounts and principals are recorded. */
  readonly homeRegion: string;
  /** The key that proves whose a message is. */
  readonly loadKey: () => Promise<SecretBytes>;
  readonly onError: (error: unknown) => void;
  /** A message that policy did not write. */
  readonly onUnproven: (target: FreezeTarget) => void;
}

const STREAM = 'FREEZES';
const SUBJECT = 'trent.freezes';
/** A replica that has not heard of NATS for so long could have missed a freeze: it permits nothing. */
const STALE_MS = 3_000;
const LOOK_MS = 1_000;
const NANOS_PER_MS = 1_000_000;
/** Permits made before the freeze was heard live no longer than this. */
const PERMIT_MS = 3_000;
/** A stream without a leader elects one within seconds. */
const ACKNOWLEDGED_MS = 10_000;

/**
 * The kill switch: a JetStream stream with the last word about each target, heard by every replica of policy. It needs no Postgres, outlives
 * restarts, and a replica without NATS permits nothing, so that it cannot have missed a freeze. Letting go carries a proof (`freeze-proof.ts`).
 */
export class Freezes {
  readonly state = new FreezeState();
  readonly #options: FreezeOptions;
  readonly #js: JetStreamClient;
  readonly #timer: NodeJS.Timeout;
  #messages: ConsumerMessages | undefined;
  #key: Promise<SecretBytes> | undefined;
  #isLoaded = false;
  #isClosed = false;
  #heardAt = -Infinity;

  constructor(options: FreezeOptions) {
    this.#options = options;
    this.#js = jetstream(options.nats);
    void this.#follow();
    this.#look();
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#timer.unref();
  }

  /** @throws AccessDeniedException for who or what is frozen, DependencyTimeoutException when it cannot be told */
  refuse(principal: Principal, views: readonly KeyView[]): void {
    if (this.isReady() !== true) failUndecided('freezes are not known');
    this.state.refuse(principal, views);
  }

  isReady(): true | string {
    if (!this.#isLoaded) return 'freezes not read';
    return performance.now() - this.#heardAt <= STALE_MS || 'NATS has not been heard';
  }

  /** Freezes or lets go; answered once no replica permits it any more and no permit of before is alive. */
  async set(target: FreezeTarget, frozen: boolean, reason: string): Promise<void> {
    const mark: FreezeMark = { target, frozen, reason: reason.slice(0, 256), atMs: Date.now() };
    const subject = `${SUBJECT}.${Buffer.from(target).toString('base64url')}`;
    const body = writeMark(reveal(await this.#loadKey()), mark);
    await this.#publish({ subject: () => subject, body });
    this.state.apply(mark);
    await this.#record(mark);
    if (frozen) await new Promise((resolve) => setTimeout(resolve, STALE_MS + PERMIT_MS));
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    void this.#messages?.close();
    void this.#key?.then(
      (key) => key[Symbol.dispose](),
      () => undefined,
    );
  }

  /** Read once; a failure is tried again by the next who needs it. */
  async #loadKey(): Promise<SecretBytes> {
    this.#key ??= this.#options.loadKey();
    try {
      return await this.#key;
    } catch (error) {
      this.#key = undefined;
      throw error;
    }
  }

  /** A round trip to the server: what it had for us before has come by then, on the same connection. */
  #look(): void {
    const asked = performance.now();
    this.#options.nats.rtt().then(
      () => (this.#heardAt = asked),
      () => undefined,
    );
  }

  async #follow(): Promise<void> {
    for (;;) {
      try {
        await this.#read();
      } catch (error) {
        if (!this.#isClosed) this.#options.onError(error);
      }
      if (this.#isClosed) return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  async #read(): Promise<void> {
    const key = await this.#loadKey();
    const manager = await jetstreamManager(this.#options.nats);
    const { state } = await manager.streams.info(STREAM).catch(() =>
      manager.streams.add({
        name: STREAM,
        subjects: [`${SUBJECT}.>`],
        storage: StorageType.File,
        retention: RetentionPolicy.Limits,
        discard: DiscardPolicy.New,
        // The last word about a target.
        max_msgs_per_subject: 1,
        num_replicas: this.#options.replicas,
      }),
    );
    const consumer = await this.#js.consumers.get(STREAM, { deliver_policy: DeliverPolicy.LastPerSubject });
    this.#messages = await consumer.consume();
    if (state.messages === 0) this.#isLoaded = true;
    for await (const message of this.#messages) {
      const { subject, data, info } = message;
      const mark = readMark(reveal(key), { subject, data, storedAtMs: Math.floor(info.timestampNanos / NANOS_PER_MS) });
      if (mark !== undefined) this.state.apply(mark);
      if (mark?.reason === UNPROVEN) this.#options.onUnproven(mark.target);
      if (message.info.pending === 0) this.#isLoaded = true;
    }
  }

  /** The account's trail shows what its operator did to it. */
  async #record({ target, frozen, reason, atMs }: FreezeMark): Promise<void> {
    const region = target.startsWith('key/') ? (target.split(':', 4)[3] ?? '') : this.#options.homeRegion;
    const record = serviceEventRecord({
      eventName: frozen ? 'Freeze' : 'Unfreeze',
      accountId: accountOfTarget(target),
      region,
      eventId: randomUUID(),
      timeMs: atMs,
      resources: target.startsWith('key/') ? [target.slice('key/'.length)] : [],
      details: { target, reason },
    });
    const fields = headers();
    fields.set(AUDIT_HEADERS.publisher, `${OUTBOX_PREFIX}freezes`);
    fields.set(AUDIT_HEADERS.batch, String(atMs));
    const subject = (attempt: number): string => auditSubject(region, (atMs + attempt) % this.#options.auditStreams);
    await this.#publish({ subject, body: messageBody([record]), options: { headers: fields } });
  }

  #publish(publication: Publication): Promise<void> {
    return publishUntilAcknowledged(this.#js, publication, performance.now() + ACKNOWLEDGED_MS, 'NATS has not acknowledged the freeze.');
  }
}
