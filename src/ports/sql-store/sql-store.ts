/**
 * The sql-store port: what must be exact and durable (accounts, follows, posts, the outbox, idempotency keys).
 * Its language is PostgreSQL's SQL (15 and later) on every adapter.
 */

/** What a parameter may be. Arrays travel as PostgreSQL arrays, for `unnest` and `ANY`. */
export type SqlScalar = string | number | boolean | Date | Buffer | null;
export type SqlValue = SqlScalar | readonly SqlScalar[];

/**
 * One SQL text with a name under which the server keeps its plan. `read` changes nothing, so it may be retried;
 * everything else is `write`.
 * `Params` are the values of $1, $2, …; `Row` is one row of the answer. bigint arrives as a number (ids and
 * counts are safe integers), timestamptz as a Date, bytea as a Buffer, json parsed.
 */
export interface Statement<Params extends readonly SqlValue[], Row> {
  readonly name: string;
  readonly kind: 'read' | 'write';
  readonly text: string;
  /**
   * A replica may answer it, within a visit of a session that has seen no more than the replica has. Never of what a write
   * is based on, of what is kept in memory, and of what must be exact: these are read where they are written.
   */
  readonly mayBeStale?: true;
  /**
   * The primary's to answer; while that is away, a replica may that has all that was acknowledged. Never of what is kept in memory:
   * a replica may have what was not acknowledged, too, and then whoever is promoted lacks it.
   */
  readonly outlivesPrimary?: true;
  /** Never set: it only carries the types. */
  readonly types?: { readonly params: Params; readonly row: Row };
}

export function readStatement<Params extends readonly SqlValue[], Row>(
  name: string,
  text: string,
  options: Pick<Statement<Params, Row>, 'mayBeStale' | 'outlivesPrimary'> = {},
): Statement<Params, Row> {
  return { name, kind: 'read', text, ...options };
}

/** A statement that writes. One without RETURNING answers no rows. */
export function writeStatement<Params extends readonly SqlValue[], Row = never>(
  name: string,
  text: string,
): Statement<Params, Row> {
  return { name, kind: 'write', text };
}

export interface SqlSession {
  /**
   * Runs one statement and answers all its rows, in the statement's order. No row is an empty array.
   *
   * Fails with `conflict` on a unique violation (`cause` is a `UniqueViolation` naming the constraint),
   * `unavailable` when the server cannot be reached, is starting, stopping or out of connections or disk,
   * `timeout` past the time of a try, `internal` for any other error of the server (a defect of ours).
   * `outcome` is `not_applied` where that is certain: no connection, serialization failure, deadlock.
   */
  query<Params extends readonly SqlValue[], Row>(
    statement: Statement<Params, Row>,
    params: Params,
  ): Promise<Row[]>;
}

/** A transaction that is open. Use it only inside the function that received it, one query after the other. */
export interface SqlTransaction extends SqlSession {
  /** Runs `action` once the transaction has committed, and never if it does not. For wake-ups, not effects. */
  afterCommit(action: () => void): void;
}

export interface SqlStore extends SqlSession {
  /**
   * Runs `work` in one READ COMMITTED transaction and commits when it resolves; when it rejects, rolls back and
   * rejects with the same error. `work` may run again from the start after a deadlock, so it must have no effect
   * outside the transaction. Once this has resolved, the effect is durable. A failure of the COMMIT itself has
   * outcome `unknown`.
   */
  transaction<Result>(work: (transaction: SqlTransaction) => Promise<Result>): Promise<Result>;

  /**
   * Calls `onMessage` for every message on the channel from now on, also those of other processes, until the
   * returned function is called. Messages sent while the connection is down are lost: `onReconnect` is called
   * when it is back, and the subscriber must then look for itself.
   */
  listen(
    channel: string,
    onMessage: (message: string) => void,
    onReconnect: () => void,
  ): Promise<() => Promise<void>>;

  /** Sends to all listeners of the channel, in its own transaction. At most 7,999 bytes. */
  notify(channel: string, message: string): Promise<void>;

  /**
   * Tries to hold the name, of which there is one holder among all processes, and goes on trying until it is released.
   * Resolves after the first try; `onChange` is called with every change, that of the first try among them. A holder that
   * dies loses it at once, one that is cut off from the server within a second.
   */
  hold(name: string, onChange: (held: boolean) => void): Promise<Hold>;

  /**
   * Streams rows in COPY text format, one a string without its line end, into `target` (a table and its columns).
   * All or nothing. Rejects with the source's own error when that fails. Bounded by no time-out.
   */
  copyIn(target: string, lines: AsyncIterable<string> | Iterable<string>): Promise<void>;

  /** Resolves if the server answers a trivial query now. */
  ping(): Promise<void>;

  /** Waits for running calls, then releases every connection. Calls after it fail with `unavailable`. */
  close(): Promise<void>;
}

/** The `cause` of a `conflict`: the name of the constraint tells what was taken. */
export class UniqueViolation extends Error {
  override readonly name = 'UniqueViolation';
  readonly constraint: string;

  constructor(constraint: string, cause: unknown) {
    super(`violates ${constraint}`, { cause });
    this.constraint = constraint;
  }
}

export interface Hold {
  isHeld(): boolean;
  release(): Promise<void>;
}
