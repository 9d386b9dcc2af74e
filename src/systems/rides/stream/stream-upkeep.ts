/** What is done for open streams every second: acknowledging, and finding those that are not alive or not allowed any more. */
import type { Id } from '../../../core/ids.ts';
import type { Log } from '../../../telemetry/log.ts';
import type { DriverStream } from './driver-stream.ts';

export const BEAT_EVERY_MS = 1_000;
/** In beats; each stream has its own turn, so that never all of them are busy at once. */
const PING_EVERY = 20;
const CHECK_SESSIONS_EVERY = 30;
/** Neither a point nor an answer to a ping. */
export const SILENT_MS_MAX = 60_000;

export interface StreamUpkeep {
  beat(streams: Iterable<DriverStream>): void;
  /** Ends those whose sessions have ended. */
  check(streams: readonly DriverStream[]): Promise<void>;
}

export interface StreamUpkeepDeps {
  readonly log: Log;
  /** Those of the sessions that have ended, or whose users are suspended or gone. */
  readonly endedSessions: (sessionIds: readonly Id[]) => Promise<ReadonlySet<Id>>;
}

export function createStreamUpkeep({ log, endedSessions }: StreamUpkeepDeps): StreamUpkeep {
  let turn = 0;

  async function check(streams: readonly DriverStream[]): Promise<void> {
    if (streams.length === 0) return;
    try {
      const ended = await endedSessions(streams.map(({ sessionId }) => sessionId));
      for (const stream of streams) if (ended.has(stream.sessionId)) stream.end('session_ended');
    } catch (error) {
      log.warn({ err: error }, 'sessions of drivers could not be checked; the next turn will');
    }
  }

  return {
    check,

    beat(streams) {
      turn += 1;
      const checked: DriverStream[] = [];
      for (const stream of streams) {
        stream.acknowledge();
        if (stream.isSilent(SILENT_MS_MAX)) stream.end('unresponsive');
        if ((turn + stream.place) % PING_EVERY === 0) stream.ping();
        if ((turn + stream.place) % CHECK_SESSIONS_EVERY === 0) checked.push(stream);
      }
      // Those that were ended meanwhile are told by events; this is for what was lost on the way.
      void check(checked);
    },
  };
}
