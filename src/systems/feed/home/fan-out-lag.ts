/** What the fan-out has yet to handle of the event log; what goes on page by page after that is not among it. */
import type { EventLog } from '../../../ports/event-log/event-log.ts';
import { FAN_OUT_GROUP } from './fan-out.ts';

export interface FanOutLag {
  readonly waiting: number;
  readonly retrying: number;
  readonly dead: number;
}

export async function fanOutLag(eventLog: Pick<EventLog, 'lag'>): Promise<FanOutLag> {
  const lag = (await eventLog.lag()).filter(({ group }) => group === FAN_OUT_GROUP);
  const sum = (state: keyof FanOutLag) => lag.reduce((total, each) => total + each[state], 0);
  return { waiting: sum('waiting'), retrying: sum('retrying'), dead: sum('dead') };
}
