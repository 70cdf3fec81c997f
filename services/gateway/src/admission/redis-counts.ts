import { readFileSync } from 'node:fs';
import { defineEvents, type Logger } from '@trent/bootstrap';
import { Redis } from 'ioredis';

import type { SharedCounts } from './quota.ts';

export interface RedisOptions {
  readonly url: string;
  readonly passwordFile: string | undefined;
  /** Names this gateway among those that share the counts. */
  readonly instance: string;
  readonly log: Logger;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Shared counts in Redis, with an end. */
export interface RedisCounts extends SharedCounts {
  isConnected(): boolean;
  close(): void;
}

const events = defineEvents({ connected: 'redis.connected', lost: 'redis.lost' });

/** Slower than this Redis is as good as absent: requests don't wait for it, but a lease that never ends would leave a purse in debt. */
const COMMAND_TIMEOUT_MS = 250;
/** Counts are of one second; a late gateway's clock may lag a little. */
const KEEP_SECONDS = 5;
const PRESENCE_EVERY_MS = 5_000;
/** A gateway that has not been heard of for three rounds is gone. */
const PRESENCE_MS = 15_000;
const PRESENCE_KEY = 'trent:gateways';
const MAX_RECONNECT_DELAY_MS = 2_000;

/**
 * Opens the shared counts. Redis may be away at any time, also now: then commands fail at once and each gateway keeps to its share
 * (DESIGN: Redis down, looser throttling, no failed request).
 */
export function openRedisCounts(options: RedisOptions): RedisCounts {
  const redis = connect(options);
  let sharers = 1;
  const announce = async (): Promise<void> => {
    const now = options.now();
    const replies = await redis
      .multi()
      .zadd(PRESENCE_KEY, now, options.instance)
      .zremrangebyscore(PRESENCE_KEY, '-inf', now - PRESENCE_MS)
      .zcard(PRESENCE_KEY)
      .exec();
    sharers = Math.max(1, Number(replies?.[2]?.[1] ?? 1));
  };
  const tryToAnnounce = (): void => void announce().catch(() => undefined); // the next round tries again; who is known stays known
  redis.on('ready', tryToAnnounce);
  const timer = setInterval(tryToAnnounce, PRESENCE_EVERY_MS).unref();
  return {
    async add(name, amount) {
      const key = `trent:quota:${name}`;
      const replies = await redis.pipeline().incrby(key, amount).expire(key, KEEP_SECONDS).exec();
      const [error, sum] = replies?.[0] ?? [new Error('no reply')];
      if (error !== null) throw error;
      return Number(sum);
    },
    sharers: () => sharers,
    isConnected: () => redis.status === 'ready',
    close: () => {
      clearInterval(timer);
      redis.disconnect();
    },
  };
}

function connect({ url, passwordFile, log }: RedisOptions): Redis {
  const password = passwordFile === undefined ? {} : { password: readFileSync(passwordFile, 'utf8').trim() };
  const redis = new Redis(url, {
    ...password,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: 1_000,
    retryStrategy: (attempt) => Math.min(50 * attempt, MAX_RECONNECT_DELAY_MS),
  });
  let lost = false;
  redis.on('ready', () => {
    lost = false;
    log.info(events.connected);
  });
  redis.on('error', (error) => {
    if (!lost) log.warn(events.lost, {}, error);
    lost = true;
  });
  return redis;
}
