/**
 * Tells all processes whose sessions have changed, so that they look again. Messages are lost while the connection
 * that listens is down, and nobody says so; therefore a process that is being asked sends itself a beat from time
 * to time: once it is heard, everything that was sent before it has been heard, too.
 */
import type { Clock, Randomness } from '../../../core/clock.ts';
import type { Id } from '../../../core/ids.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import type { Log } from '../../../telemetry/log.ts';

const CHANNEL = 'session_revoked';
/** Beats are this far apart while there are requests; without any, none are sent. */
const BEAT_INTERVAL_MS = 400;
/** Everything that was sent this long ago or earlier has been heard while beats arrive. */
export const HEARD_WITHIN_MS = 1_000;
const LISTEN_RETRY_MS = 1_000;
const SEND_TRIES_MAX = 5;
const SEND_RETRY_MS = 200;

export interface SessionRevocations {
  /** Starts to listen, and goes on trying in the background. Resolves after the first try. */
  open(): Promise<void>;
  /** Whether all that was sent more than a second ago has certainly been heard. Cheap: asked at every request. */
  isHeard(nowMs: number): boolean;
  /** Tells the other processes; call it after the commit. */
  send(userId: Id): void;
  /** Waits for what is being sent. */
  close(): Promise<void>;
}

export interface SessionRevocationsDeps {
  readonly sql: SqlStore;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  readonly onRevoked: (userId: Id) => void;
  /** Anything may have been missed. */
  readonly onMissed: () => void;
}

export function createSessionRevocations(deps: SessionRevocationsDeps): SessionRevocations {
  const { sql, clock, log, onRevoked, onMissed } = deps;
  const self = deps.randomness.uuid();
  const closed = new AbortController();
  const sending = new Set<Promise<void>>();
  let heardMs = Number.NEGATIVE_INFINITY;
  let beatMs = Number.NEGATIVE_INFINITY;
  let unlisten: (() => Promise<void>) | undefined;

  function receive(message: string): void {
    const [kind, first, second] = message.split(' ');
    if (kind === 'revoked') onRevoked(Number(first));
    else if (kind === 'beat' && first === self) heardMs = Math.max(heardMs, Number(second));
  }

  function track(work: Promise<void>): void {
    sending.add(work);
    void work.finally(() => sending.delete(work));
  }

  /** Resolves whatever happens: what is not heard is looked up again after a second. */
  async function sendMessage(message: string, triesMax: number): Promise<void> {
    for (let tries = 1; tries <= triesMax; tries += 1) {
      try {
        return await sql.notify(CHANNEL, message);
      } catch (error) {
        log.warn({ err: error }, 'other processes could not be told about sessions');
      }
      if (closed.signal.aborted) return;
      if (tries < triesMax) await clock.sleep(SEND_RETRY_MS * tries, closed.signal);
    }
  }

  async function listen(): Promise<boolean> {
    try {
      unlisten = await sql.listen(CHANNEL, receive, onMissed);
      return true;
    } catch (error) {
      log.warn({ err: error }, 'cannot listen for revoked sessions yet');
      return false;
    }
  }

  async function listenLater(): Promise<void> {
    do await clock.sleep(LISTEN_RETRY_MS, closed.signal);
    while (!closed.signal.aborted && !(await listen()));
    onMissed();
  }

  return {
    async open() {
      if (!(await listen())) track(listenLater());
    },
    isHeard(nowMs) {
      if (nowMs - beatMs >= BEAT_INTERVAL_MS && unlisten !== undefined) {
        beatMs = nowMs;
        track(sendMessage(`beat ${self} ${nowMs}`, 1));
      }
      return nowMs - heardMs < HEARD_WITHIN_MS;
    },
    send: (userId) => track(sendMessage(`revoked ${userId}`, SEND_TRIES_MAX)),
    async close() {
      closed.abort();
      await Promise.all(sending);
      await unlisten?.();
    },
  };
}
