/** Names that one process holds at a time: a session's advisory lock, on a connection of its own. */

import type pg from 'pg';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import { openClient, type PostgresConnection } from './postgres-connection.ts';
import type { Hold } from './sql-store.ts';

const CHECK_EVERY_MS = 500;
/** Since the last check that was answered. The server frees what a session held when that is gone, not sooner. */
const HELD_MS = 1_000;
const QUERY_TIMEOUT_MS = 1_000;

const TRY_LOCK = "SELECT pg_try_advisory_lock(hashtextextended('hold ' || $1, 0)) AS held";
const CHECK = 'SELECT 1';

export interface HoldDeps {
  readonly connection: PostgresConnection;
  readonly clock: Clock;
  readonly log: Log;
}

/** As `SqlStore.hold` promises. */
export async function openPostgresHold(
  { connection, clock, log }: HoldDeps,
  name: string,
  onChange: (held: boolean) => void,
): Promise<Hold> {
  const closed = new AbortController();
  let client: pg.Client | undefined;
  let heldUntilMs = Number.NEGATIVE_INFINITY;
  let wasHeld = false;
  await look();
  const looking = keepLooking();

  function isHeld(): boolean {
    return clock.monotonicMs() < heldUntilMs;
  }

  async function look(): Promise<void> {
    const startedMs = clock.monotonicMs();
    try {
      client ??= await openClient(connection, { query_timeout: QUERY_TIMEOUT_MS });
      const [row] = (await client.query(wasHeld ? CHECK : TRY_LOCK, wasHeld ? [] : [name])).rows;
      if (wasHeld || row?.held === true) heldUntilMs = startedMs + HELD_MS;
    } catch (error) {
      if (wasHeld) log.warn({ err: error, name }, 'the connection that holds a name broke');
      await disconnect();
      heldUntilMs = Number.NEGATIVE_INFINITY;
    }
    const held = isHeld();
    if (held === wasHeld) return;
    // Late answers: whoever believed that it was lost has to be told before it counts as held again.
    if (!held) await disconnect();
    wasHeld = held;
    onChange(held);
  }

  async function keepLooking(): Promise<void> {
    while (!closed.signal.aborted) {
      await clock.sleep(CHECK_EVERY_MS, closed.signal);
      if (!closed.signal.aborted) await look();
    }
  }

  async function disconnect(): Promise<void> {
    const broken = client;
    client = undefined;
    await broken?.end().catch(() => undefined);
  }

  return {
    isHeld,
    async release() {
      closed.abort();
      heldUntilMs = Number.NEGATIVE_INFINITY;
      await looking;
      await disconnect();
    },
  };
}
