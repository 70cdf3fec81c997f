import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { isTrentError } from '@trent/errors';
import { startPostgres, type TestPostgres } from '@trent/local-cluster';
import { isUniqueViolation, migrate, openDatabase, sqlState, type Database } from '../src/index.ts';

let postgres: TestPostgres;
let db: Database;

beforeAll(async () => {
  postgres = await startPostgres();
  db = openDatabase({ ...postgres.as('policy'), schema: 'policy', pool: 4 });
  await db.query('create table items (id text primary key, amount bigint not null, tags bigint[] not null default array[]::bigint[])');
}, 60_000);

afterAll(async () => {
  await db.close();
  await postgres[Symbol.asyncDispose]();
});

beforeEach(async () => {
  await db.query('truncate items');
});

/** The code of the TrentError, or SQLSTATE, that a call is refused with. */
async function refusal(call: Promise<unknown>): Promise<string | undefined> {
  return call.then(
    () => undefined,
    (error: unknown) => (isTrentError(error) ? error.code : (sqlState(error) ?? String(error))),
  );
}

describe('statements', () => {
  test('bigint columns and arrays come back as bigint, beyond what a double can hold', async () => {
    const large = 2n ** 62n + 1n;
    await db.query('insert into items values ($1, $2, $3)', ['a', large, [1n, large]]);
    const { rows, rowCount } = await db.query('select amount, tags from items');
    expect({ rows, rowCount }).toEqual({ rows: [{ amount: large, tags: [1n, large] }], rowCount: 1 });
  });

  test('a statement past its deadline is refused in time, and the pool serves on', async () => {
    const start = performance.now();
    expect(await refusal(db.query('select pg_sleep(20)', [], { deadline: start + 200 }))).toBe('DependencyTimeoutException');
    expect(performance.now() - start).toBeLessThan(2_000);
    expect((await db.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  test('the server ends what an abandoned statement does', async () => {
    await refusal(db.query('select pg_sleep(30) /* abandoned */', [], { deadline: performance.now() + 100 }));
    const running = async (): Promise<unknown> =>
      (
        await postgres.query<{ n: number }>(
          "select count(*)::int as n from pg_stat_activity where query like '%/* abandoned */' and state = 'active' and pid <> pg_backend_pid()",
        )
      )[0]?.n;
    const end = performance.now() + 10_000;
    while ((await running()) !== 0 && performance.now() < end) await db.query('select pg_sleep(0.1)');
    expect(await running()).toBe(0);
  });

  test('a deadline that has passed is refused without asking', async () => {
    expect(await refusal(db.query('select 1', [], { deadline: performance.now() - 1 }))).toBe('DependencyTimeoutException');
  });

  test('waiting for a connection counts against the deadline', async () => {
    const sleepers = Array.from({ length: 4 }, async () => db.query('select pg_sleep(0.5)'));
    expect(await refusal(db.query('select 1', [], { deadline: performance.now() + 100 }))).toBe('DependencyTimeoutException');
    await Promise.all(sleepers);
    expect((await db.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  test('the verdict of the server stays what it is', async () => {
    await db.query("insert into items values ('a', 1)");
    const error: unknown = await db.query("insert into items values ('a', 2)").catch((reason: unknown) => reason);
    expect([isUniqueViolation(error), isUniqueViolation(error, 'items_pkey'), isUniqueViolation(error, 'other')]).toEqual([
      true,
      true,
      false,
    ]);
    expect(await refusal(db.query('selec'))).toBe('42601');
    expect((await db.query('select amount from items')).rows).toEqual([{ amount: 1n }]);
  });
});

describe('transactions', () => {
  test('work that rejects leaves nothing behind, and its reason comes out unchanged', async () => {
    const reason = new Error('no');
    const call = db.transaction(async (tx) => {
      await tx.query("insert into items values ('a', 1)");
      throw reason;
    });
    await expect(call).rejects.toBe(reason);
    expect((await db.query('select * from items')).rows).toEqual([]);
  });

  test('a statement that failed spoils the transaction even if its error is swallowed', async () => {
    const call = db.transaction(async (tx) => {
      await tx.query("insert into items values ('a', 1)");
      await tx.query('select 1/0').catch(() => undefined);
    });
    expect(await refusal(call)).toBe('DependencyTimeoutException');
    expect((await db.query('select * from items')).rows).toEqual([]);
  });

  test('the last statement goes together with the commit', async () => {
    const rows = await db.transaction(async (tx) => {
      await tx.query("insert into items values ('a', 1)");
      return (await tx.queryAndCommit("insert into items values ('b', $1) returning amount", [2n])).rows;
    });
    expect(rows).toEqual([{ amount: 2n }]);
    expect((await db.query('select id from items order by id')).rows).toEqual([{ id: 'a' }, { id: 'b' }]);
  });

  test('a last statement that fails takes everything with it', async () => {
    const call = db.transaction(async (tx) => {
      await tx.query("insert into items values ('a', 1)");
      await tx.queryAndCommit("insert into items values ('a', 2)");
    });
    expect(await refusal(call)).toBe('23505');
    expect((await db.query('select * from items')).rows).toEqual([]);
  });

  test('nothing may follow the last statement', async () => {
    const call = db.transaction(async (tx) => {
      await tx.queryAndCommit('select 1');
      await tx.query("insert into items values ('late', 1)");
    });
    await expect(call).rejects.toThrow('the transaction is over');
    expect((await db.query('select * from items')).rows).toEqual([]);
  });

  test('a deadlock is run again when attempts allow it', async () => {
    await db.query("insert into items values ('a', 0), ('b', 0)");
    let gate = Promise.withResolvers<undefined>();
    const arrived: string[] = [];
    const crossing = async (first: string, second: string): Promise<void> =>
      db.transaction(
        async (tx) => {
          await tx.query('update items set amount = amount + 1 where id = $1', [first]);
          arrived.push(first);
          if (arrived.length === 2) gate.resolve(undefined);
          await gate.promise;
          await tx.query('update items set amount = amount + 1 where id = $1', [second]);
        },
        { attempts: 3, deadline: performance.now() + 10_000 },
      );
    await Promise.all([crossing('a', 'b'), crossing('b', 'a')]);
    gate = Promise.withResolvers();
    expect((await db.query('select amount from items')).rows).toEqual([{ amount: 2n }, { amount: 2n }]);
    expect(arrived.length).toBeGreaterThan(2);
  });

  test('a transaction waiting for a lock gives up at its deadline', async () => {
    await db.query("insert into items values ('a', 0)");
    const { promise: held, resolve: release } = Promise.withResolvers<undefined>();
    const { promise: locked, resolve: isLocked } = Promise.withResolvers<undefined>();
    const holder = db.transaction(async (tx) => {
      await tx.query("update items set amount = 1 where id = 'a'");
      isLocked(undefined);
      await held;
    });
    await locked;
    const second = db.transaction(async (tx) => tx.query("update items set amount = 2 where id = 'a'"), {
      deadline: performance.now() + 300,
    });
    expect(await refusal(second)).toBe('DependencyTimeoutException');
    release(undefined);
    await holder;
    expect((await db.query('select amount from items')).rows).toEqual([{ amount: 1n }]);
  });
});

describe('migrations', () => {
  const dir = join(import.meta.dirname, 'migrations');
  const include = [{ name: '0002_words', sql: "create table words (word text); insert into words values ('lib')" }];

  test('files and included migrations run in the order of their names, once, however many replicas start', async () => {
    const start = async (): Promise<readonly string[]> => migrate({ ...postgres.as('key_metadata'), schema: 'key_metadata', dir, include });
    const runs = await Promise.all([start(), start(), start()]);
    expect(runs.flat()).toEqual(['0001_notes', '0002_words', '0003_note_marks']);
    expect(await start()).toEqual([]);
    const rows = await postgres.query('select id, mark from key_metadata.notes');
    expect(rows).toEqual([{ id: 'from-lib', mark: false }]);
  });

  test('a migration that fails leaves the schema as it was', async () => {
    const broken = { name: '0004_broken', sql: 'create table half (id int); select 1/0' };
    const call = migrate({ ...postgres.as('key_metadata'), schema: 'key_metadata', dir, include: [...include, broken] });
    expect(await refusal(call)).toBe('22012');
    expect(await postgres.query("select from pg_tables where tablename = 'half'")).toEqual([]);
  });
});

describe('a server that goes away', () => {
  test('calls are refused with DependencyTimeoutException while it is down, and work again by themselves', async () => {
    const inFlight = refusal(db.query('select pg_sleep(10)', [], { deadline: performance.now() + 15_000 }));
    await db.query('select pg_sleep(0.1)');
    await postgres.process.kill();
    expect(await inFlight).toBe('DependencyTimeoutException');
    expect(await refusal(db.query('select 1'))).toBe('DependencyTimeoutException');
    await postgres.process.start();
    expect((await db.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  }, 60_000);

  test('a server process that hangs is left at the deadline, and another one serves', async () => {
    const [row] = (await db.query<{ pid: number }>('select pg_backend_pid() as pid')).rows;
    const pid = row?.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    try {
      expect(await refusal(db.query('select 1', [], { deadline: performance.now() + 300 }))).toBe('DependencyTimeoutException');
      const [other] = (await db.query<{ pid: number }>('select pg_backend_pid() as pid')).rows;
      expect(other?.pid).not.toBe(pid);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });
});
