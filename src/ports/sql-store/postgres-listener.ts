/** LISTEN for all channels of a process on one connection, opened with the first and reopened when it breaks. */

import pg from 'pg';
import type { Clock } from '../../core/clock.ts';
import { assert } from '../../core/errors.ts';
import type { Log } from '../../telemetry/log.ts';
import { openClient, type PostgresConnection } from './postgres-connection.ts';
import { translateError } from './postgres-errors.ts';

const RECONNECT_DELAY_MS_MIN = 100;
const RECONNECT_DELAY_MS_MAX = 5_000;
const QUERY_TIMEOUT_MS = 5_000;
/** PostgreSQL cuts longer names, and would then deliver under another one. */
const CHANNEL_BYTES_MAX = 63;

interface Subscriber {
  readonly onMessage: (message: string) => void;
  readonly onReconnect: () => void;
}

export interface PostgresListener {
  /** As `SqlStore.listen` promises. */
  listen(
    channel: string,
    onMessage: (message: string) => void,
    onReconnect: () => void,
  ): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

export function createPostgresListener(deps: {
  readonly connection: PostgresConnection;
  readonly clock: Clock;
  readonly log: Log;
}): PostgresListener {
  const { connection, clock, log } = deps;
  const subscribers = new Map<string, Set<Subscriber>>();
  const closed = new AbortController();
  /** Settles when the connection is open; rejects when this try to open it failed. */
  let opening: Promise<pg.Client> | undefined;

  function open(): Promise<pg.Client> {
    opening ??= connect().catch((error: unknown) => {
      opening = undefined;
      throw translateError(error, 'not_applied');
    });
    return opening;
  }

  async function connect(): Promise<pg.Client> {
    const client = await openClient(connection, { query_timeout: QUERY_TIMEOUT_MS });
    client.on('notification', ({ channel, payload }) => {
      for (const subscriber of subscribers.get(channel) ?? []) subscriber.onMessage(payload ?? '');
    });
    client.on('error', (error) => log.warn({ err: error }, 'the connection that listens broke'));
    try {
      for (const channel of subscribers.keys()) await client.query(listenText(channel));
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    client.once('end', () => void reopen());
    return client;
  }

  async function reopen(): Promise<void> {
    opening = undefined;
    for (let delayMs = RECONNECT_DELAY_MS_MIN; subscribers.size > 0; delayMs = nextDelayMs(delayMs)) {
      await clock.sleep(delayMs, closed.signal);
      if (closed.signal.aborted) return;
      const reopened = await open().then(
        () => true,
        () => false,
      );
      if (reopened) break;
    }
    for (const subscriber of [...subscribers.values()].flatMap((set) => [...set])) subscriber.onReconnect();
  }

  async function unlisten(channel: string, subscriber: Subscriber): Promise<void> {
    const set = subscribers.get(channel);
    if (set === undefined || !set.delete(subscriber) || set.size > 0) return;
    subscribers.delete(channel);
    const client = await opening?.catch(() => undefined);
    // Someone may have subscribed again meanwhile. A lost UNLISTEN only costs messages that nobody hears.
    if (!subscribers.has(channel)) await client?.query(unlistenText(channel)).catch(() => undefined);
  }

  return {
    async listen(channel, onMessage, onReconnect) {
      assert(Buffer.byteLength(channel) <= CHANNEL_BYTES_MAX, `the channel name ${channel} is too long`);
      assert(!closed.signal.aborted, 'listen was called after close');
      const subscriber: Subscriber = { onMessage, onReconnect };
      const set = subscribers.get(channel) ?? new Set();
      subscribers.set(channel, set.add(subscriber));
      try {
        const client = await open();
        // Again for a channel that is listened to already does nothing.
        await client.query(listenText(channel));
      } catch (error) {
        await unlisten(channel, subscriber);
        throw translateError(error, 'not_applied');
      }
      return () => unlisten(channel, subscriber);
    },

    async close() {
      closed.abort();
      subscribers.clear();
      const client = await opening?.catch(() => undefined);
      await client?.end().catch(() => undefined);
    },
  };
}

function nextDelayMs(delayMs: number): number {
  return Math.min(2 * delayMs, RECONNECT_DELAY_MS_MAX);
}

function listenText(channel: string): string {
  return `LISTEN ${pg.escapeIdentifier(channel)}`;
}

function unlistenText(channel: string): string {
  return `UNLISTEN ${pg.escapeIdentifier(channel)}`;
}
