/** What every sql-store promises, whichever adapter or wrapper stands before the server. */

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { AppError, type ErrorCode } from '../../core/errors.ts';
import { readStatement, type SqlStore, UniqueViolation, writeStatement } from './sql-store.ts';

export interface SqlStoreContractDeps {
  /** Opens a store on the suite's own, otherwise unused database. */
  open(limits: SqlStoreLimits): Promise<SqlStore>;
}

export interface SqlStoreLimits {
  readonly poolSize: number;
  readonly tryTimeoutMs: number;
  readonly acquireTimeoutMs: number;
}

const LIMITS: SqlStoreLimits = { poolSize: 4, tryTimeoutMs: 5_000, acquireTimeoutMs: 2_000 };

const createTable = writeStatement<[]>(
  'contract_create',
  `CREATE TABLE entries (id bigint CONSTRAINT entries_pkey PRIMARY KEY, note text,
     CONSTRAINT entries_note UNIQUE (note) DEFERRABLE INITIALLY IMMEDIATE)`,
);
const dropTable = writeStatement<[]>('contract_drop', 'DROP TABLE entries');
const clear = writeStatement<[]>('contract_clear', 'DELETE FROM entries');
const insert = writeStatement<[number, string | null]>(
  'contract_insert',
  'INSERT INTO entries (id, note) VALUES ($1, $2)',
);
const insertMany = writeStatement<[number[], (string | null)[]], { id: number }>(
  'contract_insert_many',
  'INSERT INTO entries (id, note) SELECT * FROM unnest($1::bigint[], $2::text[]) RETURNING id',
);
const update = writeStatement<[number, string]>(
  'contract_update',
  'UPDATE entries SET note = $2 WHERE id = $1',
);
const list = readStatement<[], { id: number; note: string | null }>(
  'contract_list',
  'SELECT id, note FROM entries ORDER BY id',
);
const sleep = readStatement<[number], unknown>('contract_sleep', 'SELECT pg_sleep($1)');
const fail = readStatement<[], unknown>('contract_fail', 'SELECT 1 / 0');
const terminateSelf = writeStatement<[]>(
  'contract_terminate_self',
  'SELECT pg_terminate_backend(pg_backend_pid())',
);
const terminateOthers = writeStatement<[]>(
  'contract_terminate_others',
  `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
   WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`,
);

export function sqlStoreContract(name: string, deps: SqlStoreContractDeps): void {
  describe(`${name} is a sql-store`, () => {
    let store: SqlStore;

    before(async () => {
      store = await deps.open(LIMITS);
      await store.query(createTable, []);
    });
    beforeEach(() => store.query(clear, []));
    after(async () => {
      await store.query(dropTable, []);
      await store.close();
    });

    /** A second store with limits of its own, closed afterwards. */
    async function withStore(limits: Partial<SqlStoreLimits>, work: (other: SqlStore) => Promise<void>) {
      const other = await deps.open({ ...LIMITS, ...limits });
      try {
        await work(other);
      } finally {
        await other.close();
      }
    }

    describe('query', () => {
      it('answers values in their JavaScript types', async () => {
        const types = readStatement<[], Record<string, unknown>>(
          'contract_types',
          `SELECT 9007199254740991::bigint AS id, '{1,NULL,3}'::bigint[] AS ids, true AS flag, NULL AS nothing,
             '2024-05-06T07:08:09.123Z'::timestamptz AS time, '\\x00ff'::bytea AS bytes, '{"a":[1]}'::jsonb AS json`,
        );
        assert.deepEqual(await store.query(types, []), [
          {
            id: 9_007_199_254_740_991,
            ids: [1, null, 3],
            flag: true,
            nothing: null,
            time: new Date('2024-05-06T07:08:09.123Z'),
            bytes: Buffer.from([0, 255]),
            json: { a: [1] },
          },
        ]);
      });

      it('takes parameters of every type, arrays among them', async () => {
        const echo = readStatement<
          [number, string, boolean, Date, Buffer, null, string[], number[]],
          Record<string, unknown>
        >(
          'contract_echo',
          `SELECT $1::bigint AS number, $2::text AS text, $3::boolean AS flag, $4::timestamptz AS time,
             $5::bytea AS bytes, $6::text AS nothing, $7::text[] AS texts, $8::bigint[] AS numbers`,
        );
        const time = new Date('2025-01-02T03:04:05.678Z');
        const texts = ['a,b', '"q"', '{}', 'NULL', '', 'ü\\'];
        assert.deepEqual(
          await store.query(echo, [7e15, "it's", false, time, Buffer.from([1]), null, texts, [1, 2]]),
          [
            {
              number: 7e15,
              text: "it's",
              flag: false,
              time,
              bytes: Buffer.from([1]),
              nothing: null,
              texts,
              numbers: [1, 2],
            },
          ],
        );
      });

      it('answers no rows as an empty array', async () => {
        assert.deepEqual(await store.query(list, []), []);
        assert.deepEqual(await store.query(insert, [1, 'a']), []);
      });

      it('refuses a bigint that JavaScript cannot hold exactly', async () => {
        const tooLarge = readStatement<[], { id: number }>(
          'contract_large',
          'SELECT 9007199254740993::bigint AS id',
        );
        await rejectsWith(store.query(tooLarge, []), 'internal');
        await store.ping();
      });

      it('fails with conflict on a unique violation and names the constraint', async () => {
        await store.query(insert, [1, 'a']);
        const error = await rejectsWith(store.query(insert, [1, 'b']), 'conflict', 'not_applied');
        assert(error.cause instanceof UniqueViolation);
        assert.equal(error.cause.constraint, 'entries_pkey');
      });

      it('fails with internal, and says nothing of the statement, on any other error', async () => {
        const error = await rejectsWith(store.query(fail, []), 'internal', 'not_applied');
        assert.doesNotMatch(error.message, /zero|SELECT/);
      });

      it('applies a statement of many rows wholly or not at all', async () => {
        await rejectsWith(
          store.query(insertMany, [
            [1, 2, 1],
            ['a', 'b', 'c'],
          ]),
          'conflict',
        );
        assert.deepEqual(await store.query(list, []), []);
      });

      it('fails with timeout past the time of a try, and goes on serving', async () => {
        await withStore({ tryTimeoutMs: 300, poolSize: 1 }, async (other) => {
          await rejectsWith(other.query(sleep, [30]), 'timeout', 'not_applied');
          await other.ping();
        });
      });

      it('fails with unavailable when no connection becomes free, and says when to come back', async () => {
        await withStore({ acquireTimeoutMs: 1_000, poolSize: 1 }, async (other) => {
          // The time also covers opening a connection, which is not what this is about.
          await other.ping();
          await other.transaction(async (transaction) => {
            const error = await rejectsWith(other.ping(), 'unavailable', 'not_applied');
            assert.equal(error.retryAfterS, 1);
            await transaction.query(list, []);
          });
          await other.ping();
        });
      });

      it('fails with unavailable when its connection is cut, and goes on with a new one', async () => {
        await rejectsWith(store.query(terminateSelf, []), 'unavailable', 'unknown');
        await store.ping();
      });

      it('survives the loss of its idle connections', async () => {
        await withStore({}, async (other) => {
          await Promise.all([other.ping(), other.ping()]);
          await store.query(terminateOthers, []);
          // The loss is noticed by the next call at the latest.
          await Promise.allSettled([other.ping(), other.ping(), other.ping()]);
          await other.ping();
        });
      });
    });

    describe('transaction', () => {
      it('commits when the work resolves, and answers its result', async () => {
        const result = await store.transaction(async (transaction) => {
          await transaction.query(insert, [1, 'a']);
          await transaction.query(insert, [2, 'b']);
          return 'done';
        });
        assert.equal(result, 'done');
        assert.equal((await store.query(list, [])).length, 2);
      });

      it('rolls back when the work rejects, and rejects with the same error', async () => {
        const reason = new Error('alice changed her mind');
        const failing = store.transaction(async (transaction) => {
          await transaction.query(insert, [1, 'a']);
          throw reason;
        });
        await assert.rejects(failing, (error) => error === reason);
        assert.deepEqual(await store.query(list, []), []);
      });

      it('does not pretend to have committed when a failed statement was ignored', async () => {
        const ignoring = store.transaction(async (transaction) => {
          await transaction.query(insert, [1, 'a']);
          await transaction.query(fail, []).catch(() => undefined);
        });
        await rejectsWith(ignoring, 'internal', 'not_applied');
        assert.deepEqual(await store.query(list, []), []);
      });

      it('reports a constraint that is checked at the commit', async () => {
        const deferred = writeStatement<[]>('contract_defer', 'SET CONSTRAINTS ALL DEFERRED');
        const colliding = store.transaction(async (transaction) => {
          await transaction.query(deferred, []);
          await transaction.query(insertMany, [
            [1, 2],
            ['same', 'same'],
          ]);
        });
        await rejectsWith(colliding, 'conflict', 'not_applied');
      });

      it('runs what was to follow the commit after it, and not after a rollback', async () => {
        const order: string[] = [];
        await store.transaction(async (transaction) => {
          transaction.afterCommit(() => order.push('after commit'));
          order.push('work');
        });
        const failing = store.transaction(async (transaction) => {
          transaction.afterCommit(() => order.push('never'));
          throw new Error('no');
        });
        await assert.rejects(failing);
        assert.deepEqual(order, ['work', 'after commit']);
      });

      it('has committed even if what follows fails', async () => {
        await store.transaction(async (transaction) => {
          await transaction.query(insert, [1, 'a']);
          transaction.afterCommit(() => {
            throw new Error('nobody is listening');
          });
        });
        assert.equal((await store.query(list, [])).length, 1);
      });

      it('runs again after a deadlock, so that both sides succeed', async () => {
        await store.query(insertMany, [
          [1, 2],
          ['a', 'b'],
        ]);
        const met = meetingOf(2);
        let runs = 0;
        const swap = (first: number, second: number, note: string) =>
          store.transaction(async (transaction) => {
            runs += 1;
            await transaction.query(update, [first, `${note}${first}`]);
            await met();
            await transaction.query(update, [second, `${note}${second}`]);
          });
        await Promise.all([swap(1, 2, 'x'), swap(2, 1, 'y')]);
        // On a busy machine both may be taken for the one to blame.
        assert(runs >= 3, `${runs} runs`);
        const notes = (await store.query(list, [])).map(({ note }) => note?.charAt(0));
        assert.equal(new Set(notes).size, 1);
      });

      it('is certain that nothing was applied when its connection is cut before the commit', async () => {
        const cut = store.transaction(async (transaction) => {
          await transaction.query(insert, [1, 'a']);
          await transaction.query(terminateSelf, []);
        });
        await rejectsWith(cut, 'unavailable', 'not_applied');
        assert.deepEqual(await store.query(list, []), []);
      });

      it('refuses statements after its end', async () => {
        const escaped = await store.transaction(async (transaction) => () => transaction.query(list, []));
        await assert.rejects(escaped(), /after the end/);
      });
    });

    describe('listen and notify', () => {
      it('delivers to every listener of the channel until it stops', async () => {
        const heard: string[] = [];
        const mark = (who: string) => (message: string) => void heard.push(`${who}: ${message}`);
        const stopAlice = await store.listen('greetings', mark('alice'), () => undefined);
        await withStore({}, async (other) => {
          const stopBob = await other.listen('greetings', mark('bob'), () => undefined);
          const stopCarol = await other.listen('other channel', mark('carol'), () => undefined);
          await store.notify('greetings', 'hello');
          await until(() => heard.length === 2);
          await stopAlice();
          await store.notify('greetings', 'again');
          await store.notify('other channel', 'end');
          await until(() => heard.includes('carol: end'));
          await Promise.all([stopBob(), stopCarol()]);
        });
        assert.deepEqual(heard.toSorted(), ['alice: hello', 'bob: again', 'bob: hello', 'carol: end']);
      });

      it('listens again after its connection was cut, and says so', async () => {
        await withStore({}, async (other) => {
          const heard: string[] = [];
          let reconnects = 0;
          await other.listen(
            'greetings',
            (message) => void heard.push(message),
            () => {
              reconnects += 1;
            },
          );
          await store.query(terminateOthers, []);
          await until(() => reconnects === 1);
          await store.notify('greetings', 'back');
          await until(() => heard.includes('back'));
        });
      });

      it('carries a message of 7,999 bytes and no longer one', async () => {
        const heard: number[] = [];
        const stop = await store.listen(
          'long',
          (message) => void heard.push(message.length),
          () => undefined,
        );
        await store.notify('long', 'x'.repeat(7_999));
        await until(() => heard.length === 1);
        await assert.rejects(store.notify('long', 'x'.repeat(8_000)), /too long/);
        assert.deepEqual(heard, [7_999]);
        await stop();
      });
    });

    describe('hold', () => {
      it('has one holder of a name at a time, and the next once it is released', async () => {
        const changes: string[] = [];
        const note = (who: string) => (held: boolean) => void changes.push(`${who} ${held}`);
        const hold = await store.hold('the pen', note('one'));
        assert.equal(hold.isHeld(), true);
        await withStore({}, async (other) => {
          const next = await other.hold('the pen', note('other'));
          const unrelated = await other.hold('the paper', () => undefined);
          assert.deepEqual([next.isHeld(), unrelated.isHeld()], [false, true]);
          await hold.release();
          assert.equal(hold.isHeld(), false);
          await until(() => next.isHeld());
          assert.deepEqual(changes, ['one true', 'other true']);
          await Promise.all([next.release(), unrelated.release()]);
        });
      });

      it('is lost with its connection, and taken again', async () => {
        await withStore({}, async (other) => {
          const changes: boolean[] = [];
          const hold = await other.hold('the pen', (held) => void changes.push(held));
          await store.query(terminateOthers, []);
          await until(() => changes.length === 3);
          assert.deepEqual(changes, [true, false, true]);
          await hold.release();
        });
      });
    });

    describe('copyIn', () => {
      it('loads rows in COPY text format', async () => {
        await store.copyIn('entries (id, note)', ['1\ta', '2\t\\N', '3\tline\\nbreak']);
        assert.deepEqual(await store.query(list, []), [
          { id: 1, note: 'a' },
          { id: 2, note: null },
          { id: 3, note: 'line\nbreak' },
        ]);
      });

      it('loads more than one chunk, and none', async () => {
        const rows = Array.from({ length: 20_000 }, (_, index) => `${index}\t${index}`);
        await store.copyIn('entries (id, note)', rows);
        await store.copyIn('entries (id, note)', []);
        assert.equal((await store.query(list, [])).length, 20_000);
      });

      it('loads nothing when a row is wrong or taken', async () => {
        await rejectsWith(store.copyIn('entries (id, note)', ['1\ta', 'x\tb']), 'internal');
        await rejectsWith(store.copyIn('entries (id, note)', ['1\ta', '1\tb']), 'conflict');
        assert.deepEqual(await store.query(list, []), []);
      });

      it("loads nothing when its source fails, and rejects with the source's error", async () => {
        const reason = new Error('the file ended early');
        async function* rows() {
          yield '1\ta';
          throw reason;
        }
        await assert.rejects(store.copyIn('entries (id, note)', rows()), (error) => error === reason);
        assert.deepEqual(await store.query(list, []), []);
      });
    });

    it('waits for running calls when it closes, and refuses calls from then on', async () => {
      const other = await deps.open(LIMITS);
      let closed: Promise<void> | undefined;
      await other.transaction(async (transaction) => {
        closed = other.close();
        await transaction.query(insert, [1, 'a']);
      });
      await closed;
      await rejectsWith(other.ping(), 'unavailable', 'not_applied');
      assert.equal((await store.query(list, [])).length, 1);
    });
  });
}

async function rejectsWith(
  promise: Promise<unknown>,
  code: ErrorCode,
  outcome?: AppError['outcome'],
): Promise<AppError> {
  const error = await promise.then(
    () => assert.fail('should have failed'),
    (reason: unknown) => reason,
  );
  assert(error instanceof AppError, `not an AppError: ${String(error)}`);
  assert.equal(error.code, code);
  if (outcome !== undefined) assert.equal(error.outcome, outcome);
  return error;
}

/** Resolves for the first `size` callers once all of them have come; at once for those after them. */
function meetingOf(size: number): () => Promise<void> {
  let missing = size;
  let start: () => void;
  const started = new Promise<void>((resolve) => {
    start = resolve;
  });
  return () => {
    missing -= 1;
    if (missing === 0) start();
    return started;
  };
}
