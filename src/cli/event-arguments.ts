/** What the commands of `groundswell events` take: groups that there are, and places of the log. */
import { InvalidArgumentError } from 'commander';
import { AppError } from '../core/errors.ts';
import type { EventLog, GroupLag, LogPosition } from '../ports/event-log/event-log.ts';

/** Answers what the group has yet to handle. */
export async function refuseUnknown(eventLog: EventLog, group: string): Promise<GroupLag[]> {
  const lag = (await eventLog.lag()).filter((each) => each.group === group);
  if (lag.length > 0) return lag;
  throw new AppError('not_found', `There is no consumer group ${group}. See: groundswell events lag`);
}

export function parsePlace(text: string, earlier: readonly LogPosition[] = []): LogPosition[] {
  const [, topic, partition, offset] = /^([a-z_]{1,40})\/(\d{1,3})\/(\d{1,15})$/.exec(text) ?? [];
  if (topic === undefined)
    throw new InvalidArgumentError('Write it as TOPIC/PARTITION/OFFSET, such as posts/3/12.');
  return [...earlier, { topic, partition: Number(partition), offset: Number(offset) }];
}
