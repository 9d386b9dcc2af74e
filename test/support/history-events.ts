/** Histories by hand: each event has what matters, the rest is filled in. */
import type { HistoryEvent } from '../../src/history/history-event.ts';

type Written = Partial<HistoryEvent> & Pick<HistoryEvent, 'f'>;

/** One operation after the other, by one client each: what was asked, and how it ended. */
export interface WrittenOperation {
  readonly f: string;
  readonly key?: string;
  readonly session?: string;
  readonly value?: unknown;
  readonly end: 'ok' | 'fail' | 'info';
  readonly answer?: unknown;
}

export function historyOf(...operations: readonly (WrittenOperation | Written)[]): HistoryEvent[] {
  const events: HistoryEvent[] = [];
  const add = (event: Written): void => {
    const i = events.length;
    const empty = { key: null, value: null, node: null, stage: null, epoch: null, session: null, idem: null };
    events.push({ ...empty, i, t_ns: i * 1_000_000, process: 'nemesis', type: 'info', ...event });
  };
  for (const [process, operation] of operations.entries()) {
    if (!('end' in operation)) add(operation);
    else {
      const { end, answer = null, value = null, ...what } = operation;
      add({ ...what, process, type: 'invoke', value });
      add({ ...what, process, type: end, value: answer });
    }
  }
  return events;
}
