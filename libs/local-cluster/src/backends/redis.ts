import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Command } from '../managed-process.ts';
import { redisServerPath, required } from '../programs.ts';
import { secretIn, type Secret } from '../secrets-folder.ts';
import type { Verdict } from '../wait-until.ts';

const LOOK_TIMEOUT_MS = 2_000;

/** Where a Redis lives and listens. */
export interface RedisPlace {
  readonly folder: string;
  readonly secrets: string;
  readonly port: number;
  readonly logFile: string;
}

/** Writes the configuration (a password, no persistence: what it holds may be lost) and says how to run it. */
export function prepareRedis(place: RedisPlace): Command {
  const program = required('Redis', redisServerPath());
  mkdirSync(place.folder, { recursive: true, mode: 0o700 });
  const file = join(place.folder, 'redis.conf');
  const settings = [
    `port ${String(place.port)}`,
    'bind 127.0.0.1',
    `requirepass ${redisSecret(place).value}`,
    'save ""',
    'appendonly no',
    'daemonize no',
    'maxmemory 64mb',
    'maxmemory-policy volatile-ttl',
    `dir ${JSON.stringify(place.folder)}`,
    '',
  ];
  writeFileSync(file, settings.join('\n'), { mode: 0o600 });
  return { name: 'redis', program, args: [file], folder: place.folder, logFile: place.logFile, ready: () => redisReady(place) };
}

/** Redis's password, in the file that the gateway reads. */
export function redisSecret(place: Pick<RedisPlace, 'secrets'>): Secret {
  return secretIn(place.secrets, 'redis');
}

/** Asks with one inline PING; an unauthenticated client is answered NOAUTH, which is an answer of Redis all the same. */
export async function redisReady(place: RedisPlace): Promise<Verdict> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: place.port, timeout: LOOK_TIMEOUT_MS });
    const settle = (verdict: Verdict): void => {
      socket.destroy();
      resolve(verdict);
    };
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (data) => {
      settle(data.toString('latin1').startsWith('-NOAUTH') ? true : 'another server answers on its port');
    });
    socket.once('timeout', () => {
      settle('no answer');
    });
    socket.once('error', () => {
      settle('no connection');
    });
  });
}
