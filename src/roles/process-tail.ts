/** The one tail of a process, for all that its systems keep in memory. */
import type { EventLog, Tail, TailFollower } from '../ports/event-log/event-log.ts';
import type { Log } from '../telemetry/log.ts';

/** Resolves when everybody follows. One follower that fails is a defect, which the others do not suffer. */
export async function openProcessTail(
  eventLog: EventLog,
  followers: readonly TailFollower[],
  log: Log,
): Promise<Tail> {
  function tell(hear: (follower: TailFollower) => void): void {
    for (const follower of followers) {
      try {
        hear(follower);
      } catch (error) {
        log.error({ err: error }, 'what this process keeps in memory may be wrong: restart it');
      }
    }
  }
  const tail = await eventLog.tail({
    topics: [...new Set(followers.flatMap(({ topics }) => topics))],
    hear: (events) => tell((follower) => follower.hear(events)),
    committed: (events) => tell((follower) => follower.committed?.(events)),
  });
  for (const follower of followers) follower.follow(tail);
  return tail;
}
