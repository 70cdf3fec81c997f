import { randomUUID } from 'node:crypto';
import type { NatsConnection, Subscription } from '@nats-io/nats-core';
import { defineEvents, type Logger } from '@trent/bootstrap';
import { APPLIED_FOR_EVER, changesSubject, confirmsSubject, decodeChanges, encodeConfirm } from './messages.ts';
import type { Change, RenewRequest, RenewResponse } from './messages.ts';
import { FollowerState, type Standing } from './follower-state.ts';
import { Pause } from './pause.ts';
import { sealKeyOf, type SealKey } from './seal.ts';

/** A lease of 2 s survives two renewals that fail. */
const RENEW_EVERY_MS = 600;
/** While changes come by renewal instead of NATS: soon enough that a change waits for this follower a tenth of a second. */
const RENEW_FAST_MS = 100;
/** How long it stays fast after the last change that NATS did not bring. */
const FAST_FOR_MS = 5_000;
const RETRY_AFTER_MS = 100;
/** After a reset the follower starts at once, but lets the process breathe. */
const RESTART_AFTER_MS = 10;
/** An answer later than this would leave too little of the lease. */
const RENEW_TIMEOUT_MS = 700;
/** Two writers publish side by side, so neighbours overtake each other; what is still missing after this is asked for. */
const GAP_PATIENCE_MS = 15;
/** One page of changes: about 40 kB. */
const MAX_CHANGES = 512;

const feedEvents = defineEvents({
  live: 'feed.live',
  lapsed: 'feed.lease_lapsed',
  reset: 'feed.reset',
  renewFailed: 'feed.renew_failed',
  forged: 'feed.message_refused',
});

/** What a follower needs; `Endpoint` is whatever the link calls an address. */
export interface FollowOptions<Endpoint> {
  /** `keys.us-east-1` */
  readonly name: string;
  /** Name of this replica (`policy-a`); made unique for this process, since a lease belongs to one cache. */
  readonly follower: string;
  readonly nats: Pick<NatsConnection, 'publish' | 'subscribe'>;
  /** FeedService.Renew at any writer, or at `endpoint`. `deadline` is on the scale of performance.now(). */
  readonly renew: (request: RenewRequest, endpoint: Endpoint | undefined, deadline: number) => Promise<RenewResponse>;
  /** Every configured writer, reachable or not. */
  readonly writers: () => readonly Endpoint[];
  /** Makes changes effective here before it returns; must not throw. */
  readonly apply: (changes: Change[]) => void;
  /** Too far behind: drop everything cached. */
  readonly onReset: () => void;
  readonly log: Logger;
  readonly monotonicMs?: () => number;
}

/** A replica's view of a feed. */
export interface Follower {
  /** Whether what is cached here may be used: ask per request, fail closed (retryable) when false. */
  isLive(): boolean;
  applied(): bigint;
  /** Resolves when the first lease counts. */
  ready(): Promise<void>;
  /** For readiness checks and /debug/state. */
  state(): { readonly applied: bigint; readonly isLive: boolean; readonly leaseLeftMs: number; readonly lapses: number };
  /** Not live any more at once; tells the writers not to wait for it. */
  close(): Promise<void>;
}

/** Follows a feed of changes under a lease until closed. */
export function followFeed<Endpoint>(options: FollowOptions<Endpoint>): Follower {
  const follower = new FeedFollower(options);
  follower.start();
  return follower;
}

class FeedFollower<Endpoint> implements Follower {
  readonly #options: FollowOptions<Endpoint>;
  readonly #follower: string;
  readonly #monotonicMs: () => number;
  readonly #state: FollowerState;
  readonly #pause = new Pause();
  readonly #firstLease = Promise.withResolvers<undefined>();
  #sealKeyBytes: Buffer = Buffer.alloc(0);
  #sealKey: SealKey | undefined;
  #subscription: Subscription | undefined;
  #loop: Promise<void> = Promise.resolve();
  #gapTimer: NodeJS.Timeout | undefined;
  #isConfirmDue = false;
  #isClosed = false;
  #wasLive = false;
  #lapses = 0;
  #fastUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: FollowOptions<Endpoint>) {
    this.#options = options;
    this.#follower = `${options.follower}/${randomUUID()}`;
    this.#monotonicMs = options.monotonicMs ?? (() => performance.now());
    this.#state = new FollowerState({ apply: options.apply, onReset: options.onReset });
  }

  start(): void {
    const { nats, name } = this.#options;
    this.#subscription = nats.subscribe(changesSubject(name), {
      callback: (error, message) => {
        if (error === null) this.#hear(message.data);
      },
    });
    this.#loop = this.#run();
  }

  isLive(): boolean {
    return this.#state.isLive(this.#monotonicMs());
  }

  applied(): bigint {
    return this.#state.applied;
  }

  async ready(): Promise<void> {
    await this.#firstLease.promise;
  }

  state(): { applied: bigint; isLive: boolean; leaseLeftMs: number; lapses: number } {
    const leaseLeftMs = Math.max(0, this.#state.liveUntilMs - this.#monotonicMs());
    return { applied: this.#state.applied, isLive: this.isLive(), leaseLeftMs, lapses: this.#lapses };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // INVARIANT: not live before anybody hears that we left.
    this.#state.close();
    this.#confirm(APPLIED_FOR_EVER);
    clearTimeout(this.#gapTimer);
    this.#subscription?.unsubscribe();
    this.#firstLease.resolve(undefined);
    this.#pause.wake();
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      this.#noteLiveness();
      const standing = await this.#renew();
      this.#noteLiveness();
      await this.#pause.sleep(this.#delayAfter(standing));
    }
  }

  #delayAfter(standing: Standing | 'failed'): number {
    switch (standing) {
      case 'reset':
        return RESTART_AFTER_MS;
      case 'behind':
      case 'failed':
        return RETRY_AFTER_MS;
      case 'provisional':
      case 'live':
        return this.#monotonicMs() < this.#fastUntilMs ? RENEW_FAST_MS : RENEW_EVERY_MS;
    }
  }

  /** One renewal, with as many pages as it takes. */
  async #renew(): Promise<Standing | 'failed'> {
    for (;;) {
      const before = this.#state.applied;
      const fromHead = !this.#state.isStarted;
      const sentAtMs = this.#monotonicMs();
      const response = await this.#ask(undefined);
      if (response === undefined || this.#isClosed) return 'failed';
      const standing = this.#take(response, sentAtMs, fromHead);
      if (standing === 'provisional') return this.#round();
      // The first answer brings the key without which nothing could be heard: what was published meanwhile is fetched at once.
      if (standing === 'live' && fromHead) continue;
      if (standing !== 'behind' || this.#state.applied === before) return standing;
    }
  }

  /** Asks every writer; provisional leases count only if all of them grant one. */
  async #round(): Promise<Standing> {
    const fromHead = !this.#state.isStarted;
    const sentAtMs = this.#monotonicMs();
    const responses = await Promise.all(this.#options.writers().map(async (writer) => this.#ask(writer)));
    if (this.#isClosed) return 'provisional';
    const standings = responses.map((response) => (response === undefined ? 'failed' : this.#take(response, sentAtMs, fromHead)));
    if (standings.includes('live')) return 'live';
    return this.#state.answerRound(responses, sentAtMs) ? 'provisional' : 'behind';
  }

  #take(response: RenewResponse, sentAtMs: number, fromHead: boolean): Standing {
    this.#learnKey(response.sealKey);
    const before = this.#state.applied;
    const standing = this.#state.answer(response, sentAtMs, fromHead);
    if (standing === 'reset') this.#options.log.warn(feedEvents.reset, { feed: this.#options.name, sequence: String(before) });
    if (this.#state.applied !== before) {
      if (!fromHead) this.#fastUntilMs = this.#monotonicMs() + FAST_FOR_MS;
      this.#scheduleConfirm();
    }
    return standing;
  }

  #learnKey(bytes: Buffer): void {
    if (bytes.length === 0 || this.#sealKeyBytes.equals(bytes)) return;
    this.#sealKeyBytes = bytes;
    this.#sealKey = sealKeyOf(bytes);
  }

  async #ask(writer: Endpoint | undefined): Promise<RenewResponse | undefined> {
    const { name, renew, log } = this.#options;
    const deadline = performance.now() + RENEW_TIMEOUT_MS;
    const request = {
      name,
      follower: this.#follower,
      applied: this.#state.applied,
      maxChanges: MAX_CHANGES,
      fromHead: !this.#state.isStarted,
    };
    try {
      return await renew(request, writer, deadline);
    } catch (error) {
      if (!this.#isClosed) log.debug(feedEvents.renewFailed, { feed: name }, error);
      return undefined;
    }
  }

  #hear(message: Uint8Array): void {
    if (this.#sealKey === undefined || this.#isClosed) return;
    const changes = decodeChanges(this.#sealKey, this.#options.name, message);
    if (changes === undefined) {
      this.#options.log.warn(feedEvents.forged, { feed: this.#options.name });
      return;
    }
    if (this.#state.take(changes)) this.#scheduleConfirm();
    if (this.#state.hasGap && this.#state.isStarted) this.#mindTheGap();
  }

  /** Asks for what is missing when it does not come by itself. */
  #mindTheGap(): void {
    const missing = this.#state.applied + 1n;
    this.#gapTimer ??= setTimeout(() => {
      this.#gapTimer = undefined;
      if (!this.#state.hasGap || this.#isClosed) return;
      if (this.#state.applied < missing) this.#pause.wake();
      else this.#mindTheGap();
    }, GAP_PATIENCE_MS);
  }

  /** One confirm for all that is applied in this turn. */
  #scheduleConfirm(): void {
    if (this.#isConfirmDue) return;
    this.#isConfirmDue = true;
    setImmediate(() => {
      this.#isConfirmDue = false;
      if (!this.#isClosed) this.#confirm(this.#state.applied);
    });
  }

  #confirm(applied: bigint): void {
    const { nats, name, log } = this.#options;
    if (this.#sealKey === undefined) return;
    try {
      nats.publish(confirmsSubject(name), encodeConfirm(this.#sealKey, name, this.#follower, applied));
    } catch (error) {
      log.debug(feedEvents.renewFailed, { feed: name }, error);
    }
  }

  #noteLiveness(): void {
    const { log, name } = this.#options;
    if (this.#isClosed) return;
    const isLive = this.isLive();
    if (isLive) this.#firstLease.resolve(undefined);
    if (isLive && !this.#wasLive) log.info(feedEvents.live, { feed: name, sequence: String(this.#state.applied) });
    if (!isLive && this.#wasLive) {
      this.#lapses += 1;
      log.warn(feedEvents.lapsed, { feed: name, sequence: String(this.#state.applied) });
    }
    this.#wasLive = isLive;
  }
}
