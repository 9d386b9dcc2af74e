/** The sql-store on PostgreSQL: a bounded pool of connections, one of them at a time per call or transaction. */

import type pg from 'pg';
import type { PoolClient } from 'pg';
import type { Clock } from '../../core/clock.ts';
import { AppError, assert } from '../../core/errors.ts';
import type { Log } from '../../telemetry/log.ts';
import { createParamsEncoder, type EncodeParams } from './postgres-arrays.ts';
import type { PostgresConnection, ServerConnection } from './postgres-connection.ts';
import { copyRows, SourceError } from './postgres-copy.ts';
import {
  abortedByConcurrency,
  endsConnection,
  NoAnswer,
  tooManyWaiting,
  translateError,
} from './postgres-errors.ts';
import { openPostgresHold } from './postgres-hold.ts';
import { createPostgresListener } from './postgres-listener.ts';
import { createPostgresPool } from './postgres-pool.ts';
import { sessionOptions } from './postgres-session.ts';
import type { Hold, SqlStore, SqlTransaction, SqlValue, Statement } from './sql-store.ts';

export interface PostgresSqlStoreOptions {
  readonly connection: PostgresConnection;
  /** In place of it for all that needs no session of its own: a pooler, whose sessions are as `poolerSettings` says. */
  readonly pooled?: ServerConnection | undefined;
  /** Connections at most; one more is opened for LISTEN when it is first used. */
  readonly poolSize?: number;
  /** A statement that takes longer is cancelled by the server. */
  readonly tryTimeoutMs?: number;
  /** How long a call may wait for a free connection. */
  readonly acquireTimeoutMs?: number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface PostgresSqlStore extends SqlStore {
  stats(): PostgresSqlStoreStats;
}

export interface PostgresSqlStoreStats {
  readonly connections: number;
  readonly idleConnections: number;
  readonly waitingCalls: number;
  /** Statements sent since the start, BEGIN and COMMIT not counted. */
  readonly statements: number;
}

const POOL_SIZE_DEFAULT = 10;
const TRY_TIMEOUT_MS_DEFAULT = 5_000;
const ACQUIRE_TIMEOUT_MS_DEFAULT = 2_000;
/** Calls that may wait per connection; more would only time out while waiting. */
const WAITING_CALLS_PER_CONNECTION = 100;
/** A connection is destroyed when even the server's own time-out has not been heard of for this long. */
const CLIENT_TIMEOUT_MARGIN_MS = 1_000;
const IDLE_CONNECTION_TIMEOUT_MS = 300_000;
const TRANSACTION_TRIES_MAX = 5;
const CLOSE_TIMEOUT_MS = 5_000;
const NOTIFY_BYTES_MAX = 7_999;

export function createPostgresSqlStore(options: PostgresSqlStoreOptions): PostgresSqlStore {
  const { connection, pooled, clock, log } = options;
  const poolSize = options.poolSize ?? POOL_SIZE_DEFAULT;
  const tryTimeoutMs = options.tryTimeoutMs ?? TRY_TIMEOUT_MS_DEFAULT;
  const clientTimeoutMs = tryTimeoutMs + CLIENT_TIMEOUT_MARGIN_MS;
  const pool = createPostgresPool(
    pooled ?? connection,
    {
      max: poolSize,
      connectionTimeoutMillis: options.acquireTimeoutMs ?? ACQUIRE_TIMEOUT_MS_DEFAULT,
      idleTimeoutMillis: IDLE_CONNECTION_TIMEOUT_MS,
      // A pooler refuses what it cannot promise to each of its clients.
      ...(pooled === undefined ? { options: sessionOptions(tryTimeoutMs) } : {}),
    },
    log,
  );
  const listener = createPostgresListener({ connection, clock, log });
  const holds = new Set<Hold>();
  const encoders = new WeakMap<object, EncodeParams>();
  let statements = 0;
  let running = 0;
  let closing = false;
  let onQuiet: (() => void) | undefined;

  /** Runs `work` on a connection of its own, which is destroyed if `work` says or fails so. */
  async function withClient<Result>(work: (client: Connection) => Promise<Result>): Promise<Result> {
    if (closing) throw new AppError('unavailable', 'The server is stopping.', { outcome: 'not_applied' });
    if (pool.waitingCount >= poolSize * WAITING_CALLS_PER_CONNECTION) {
      throw tooManyWaiting(new Error(`${pool.waitingCount} calls are waiting for a connection`));
    }
    running += 1;
    try {
      const client = await pool.connect().catch((error: unknown) => {
        throw translateError(error, 'not_applied');
      });
      const held: Connection = { client, broken: false };
      try {
        return await work(held);
      } finally {
        client.release(held.broken);
      }
    } finally {
      running -= 1;
      if (running === 0) onQuiet?.();
    }
  }

  /** Sends one statement; a driver error comes out as it is, and marks the connection where it ends it. */
  async function send<Row>(
    held: Connection,
    query: string | pg.QueryConfig,
    name: string,
  ): Promise<pg.QueryResult<Row & pg.QueryResultRow>> {
    let timer: NodeJS.Timeout | undefined;
    const stuck = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new NoAnswer(`${name}: nothing for ${clientTimeoutMs} ms`)),
        clientTimeoutMs,
      );
    });
    try {
      return await Promise.race([held.client.query<Row & pg.QueryResultRow>(query), stuck]);
    } catch (error) {
      if (endsConnection(error)) held.broken = true;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  function encoderOf(statement: object & { readonly text: string }): EncodeParams {
    const encoder = encoders.get(statement) ?? createParamsEncoder(statement.text);
    encoders.set(statement, encoder);
    return encoder;
  }

  async function run<Params extends readonly SqlValue[], Row>(
    held: Connection,
    statement: Statement<Params, Row>,
    params: Params,
  ): Promise<Row[]> {
    statements += 1;
    const query = { text: statement.text, values: encoderOf(statement)(params) };
    // Through a pooler the next transaction may be in another session, which knows nothing of that name.
    const named = pooled === undefined ? { name: statement.name, ...query } : query;
    return (await send<Row>(held, named, statement.name)).rows;
  }

  async function transactionTry<Result>(
    held: Connection,
    work: (transaction: SqlTransaction) => Promise<Result>,
  ): Promise<TryResult<Result>> {
    const afterCommit: (() => void)[] = [];
    let open = true;
    let runAgain = false;
    const transaction: SqlTransaction = {
      async query(statement, params) {
        assert(open, `${statement.name} was run after the end of its transaction`);
        try {
          return await run(held, statement, params);
        } catch (error) {
          runAgain ||= abortedByConcurrency(error);
          // Without a COMMIT nothing is applied, whatever became of the statement.
          throw translateError(error, 'not_applied');
        }
      },
      afterCommit: (action) => void afterCommit.push(action),
    };
    try {
      await send(held, 'BEGIN', 'BEGIN').catch((error: unknown) => {
        throw translateError(error, 'not_applied');
      });
      const result = await work(transaction);
      open = false;
      await commit(held);
      return { done: true, result, afterCommit };
    } catch (error) {
      open = false;
      await rollBack(held);
      if (runAgain && !held.broken) return { done: false, error };
      throw error;
    }
  }

  async function commit(held: Connection): Promise<void> {
    const { command } = await send(held, 'COMMIT', 'COMMIT').catch((error: unknown) => {
      throw translateError(error);
    });
    // PostgreSQL answers ROLLBACK, not an error, when an earlier statement failed and `work` went on.
    if (command === 'COMMIT') return;
    throw new AppError('internal', 'The transaction was rolled back.', {
      cause: new Error('a statement failed inside the transaction, and its error was swallowed'),
      outcome: 'not_applied',
    });
  }

  async function rollBack(held: Connection): Promise<void> {
    if (held.broken) return;
    await send(held, 'ROLLBACK', 'ROLLBACK').catch(() => {
      held.broken = true;
    });
  }

  async function transaction<Result>(
    work: (transaction: SqlTransaction) => Promise<Result>,
  ): Promise<Result> {
    for (let tries = 1; ; tries += 1) {
      const tried = await withClient((held) => transactionTry(held, work));
      if (tried.done) {
        for (const action of tried.afterCommit) runAfterCommit(action);
        return tried.result;
      }
      if (tries === TRANSACTION_TRIES_MAX) throw tried.error;
    }
  }

  function runAfterCommit(action: () => void): void {
    try {
      action();
    } catch (error) {
      // It has committed: the caller must not be told otherwise.
      log.error({ err: error }, 'an action after a commit failed');
    }
  }

  async function query<Params extends readonly SqlValue[], Row>(
    statement: Statement<Params, Row>,
    params: Params,
  ): Promise<Row[]> {
    return withClient((held) =>
      run(held, statement, params).catch((error: unknown) => {
        throw translateError(error);
      }),
    );
  }

  return {
    query,
    transaction,
    listen: (channel, onMessage, onReconnect) => listener.listen(channel, onMessage, onReconnect),

    async hold(name, onChange) {
      const hold = await openPostgresHold({ connection, clock, log }, name, onChange);
      holds.add(hold);
      const { isHeld } = hold;
      return {
        isHeld,
        async release() {
          holds.delete(hold);
          await hold.release();
        },
      };
    },

    async notify(channel, message) {
      assert(Buffer.byteLength(message) <= NOTIFY_BYTES_MAX, `a message on ${channel} is too long`);
      await query(NOTIFY, [channel, message]);
    },

    async copyIn(target, lines) {
      await withClient(async (held) => {
        try {
          await copyRows(held.client, target, lines);
        } catch (error) {
          held.broken = true;
          throw error instanceof SourceError ? error.cause : translateError(error);
        }
      });
    },

    async ping() {
      await query(PING, []);
    },

    stats: () => ({
      connections: pool.totalCount,
      idleConnections: pool.idleCount,
      waitingCalls: pool.waitingCount,
      statements,
    }),

    async close() {
      if (closing) return;
      closing = true;
      if (running > 0) {
        await new Promise<void>((resolve) => {
          onQuiet = resolve;
        });
      }
      // A server that is frozen never answers the farewell.
      const closed = new AbortController();
      const released = [...holds].map((hold) => hold.release());
      const farewell = Promise.all([pool.end(), listener.close(), ...released]).finally(() => closed.abort());
      await Promise.race([farewell, clock.sleep(CLOSE_TIMEOUT_MS, closed.signal)]);
    },
  };
}

/** A connection in use. `broken` once it must not serve again. */
interface Connection {
  readonly client: PoolClient;
  broken: boolean;
}

type TryResult<Result> =
  | { readonly done: true; readonly result: Result; readonly afterCommit: readonly (() => void)[] }
  | { readonly done: false; readonly error: unknown };

const PING: Statement<[], never> = { name: 'ping', kind: 'read', text: 'SELECT 1' };
const NOTIFY: Statement<[string, string], never> = {
  name: 'notify',
  kind: 'write',
  text: 'SELECT pg_notify($1, $2)',
};
