/**
 * Keeps connections alive, and finds those that are not: each has its turn every 30 s, and the turns are spread over them,
 * so that ten thousand idle connections are some work now and then, and never much at once.
 */
import type { Id } from '../../core/ids.ts';
import type { Log } from '../../telemetry/log.ts';
import type { LiveConnection } from './connection.ts';
import { COMMENT, Frame, idLine, PING_FRAME } from './frame.ts';

/** A WebSocket is pinged this often, and has so long to answer. */
export const PING_EVERY_MS = 30_000;
/** An event stream gets a comment twice in that time. */
const SLICE_MS = 1_000;
const SLICES = PING_EVERY_MS / SLICE_MS;

export interface Heartbeat {
  add(connection: LiveConnection): void;
  remove(connection: LiveConnection): void;
  /** The client has answered, or said anything else. */
  heard(connection: LiveConnection): void;
  /** The next turn, at once: for tests. */
  beat(): void;
  close(): void;
}

export interface HeartbeatDeps {
  /** Where a client that has received all so far may resume. */
  readonly positionText: () => string;
  /** Those of the sessions that have ended. */
  readonly endedSessions: (sessionIds: readonly Id[]) => Promise<ReadonlySet<Id>>;
  readonly log: Log;
}

interface Pulse {
  readonly slice: number;
  /** Has not answered the last ping, or not taken what waits for it. */
  silent: boolean;
  /** The position that it was last told. */
  told: string;
}

export function createHeartbeat({ positionText, endedSessions, log }: HeartbeatDeps): Heartbeat {
  const pulses = new Map<LiveConnection, Pulse>();
  const slices = Array.from({ length: SLICES }, () => new Set<LiveConnection>());
  let added = 0;
  let turn = 0;
  let timer: NodeJS.Timeout | undefined;

  function ping(connection: LiveConnection): void {
    const pulse = pulses.get(connection);
    if (pulse === undefined) return;
    if (pulse.silent) {
      connection.end('unresponsive');
      connection.destroy();
      return;
    }
    if (connection.transport === 'websocket') {
      pulse.silent = true;
      connection.write(PING_FRAME);
    } else {
      // Nobody answers on an event stream; but whoever takes nothing for so long is gone.
      pulse.silent = connection.isWaiting();
      if (!tellPosition(connection, pulse)) connection.write(COMMENT);
      return;
    }
    tellPosition(connection, pulse);
  }

  /** So that a client to whom nothing was sent for hours has not missed hours of the log. */
  function tellPosition(connection: LiveConnection, pulse: Pulse): boolean {
    const position = positionText();
    // Whoever is still being sent what it missed is not there yet.
    if (connection.held || pulse.told === position) return false;
    pulse.told = position;
    if (connection.transport === 'websocket') connection.send(new Frame('position', '{}', position));
    else connection.write(idLine(position));
    return true;
  }

  async function endEnded(connections: readonly LiveConnection[]): Promise<void> {
    try {
      const ended = await endedSessions(connections.map(({ sessionId }) => sessionId));
      for (const connection of connections) {
        if (ended.has(connection.sessionId)) connection.end('session_ended');
      }
    } catch (error) {
      log.warn({ err: error }, 'sessions of live connections could not be checked; the next turn will');
    }
  }

  function beat(): void {
    turn = (turn + 1) % SLICES;
    const due = [...(slices[turn] ?? [])];
    for (const connection of due) ping(connection);
    for (const connection of slices[(turn + SLICES / 2) % SLICES] ?? []) {
      if (connection.transport === 'event_stream') connection.write(COMMENT);
    }
    // Those that were ended meanwhile are told by events; this is for what was lost on the way.
    if (due.length > 0) void endEnded(due);
  }

  return {
    beat,

    add(connection) {
      const slice = added % SLICES;
      added += 1;
      pulses.set(connection, { slice, silent: false, told: '' });
      slices[slice]?.add(connection);
      timer ??= setInterval(beat, SLICE_MS).unref();
    },

    remove(connection) {
      const pulse = pulses.get(connection);
      if (pulse === undefined) return;
      pulses.delete(connection);
      slices[pulse.slice]?.delete(connection);
      if (pulses.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    },

    heard(connection) {
      const pulse = pulses.get(connection);
      if (pulse !== undefined) pulse.silent = false;
    },

    close() {
      clearInterval(timer);
      timer = undefined;
    },
  };
}
