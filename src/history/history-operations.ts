import { AppError } from '../core/errors.ts';
import type { HistoryEvent } from './history-event.ts';

/** What a client asked, and how that ended. */
export interface HistoryOperation {
  readonly invoke: HistoryEvent;
  /** `info` also if nothing was written any more, because the recording ended first. */
  readonly outcome: 'ok' | 'fail' | 'info';
  readonly completion: HistoryEvent | undefined;
}

/**
 * Pairs each invocation with its end, in order of invocation. Fails with `invalid` where the events cannot be the
 * history of clients that do one thing at a time: such a recording proves nothing.
 */
export function pairOperations(events: readonly HistoryEvent[]): HistoryOperation[] {
  const operations: HistoryOperation[] = [];
  const open = new Map<HistoryEvent['process'], number>();
  const retired = new Set<HistoryEvent['process']>();
  let previous: HistoryEvent | undefined;
  for (const event of events) {
    checkOrder(previous, event);
    previous = event;
    if (event.process === 'nemesis') continue;
    if (event.type === 'invoke') {
      if (open.has(event.process)) throw malformed(event, 'its process has not ended its last operation');
      if (retired.has(event.process)) throw malformed(event, 'its process ended with an `info`');
      open.set(event.process, operations.length);
      operations.push({ invoke: event, outcome: 'info', completion: undefined });
    } else {
      const at = open.get(event.process);
      const operation = at === undefined ? undefined : operations[at];
      if (at === undefined || operation === undefined) throw malformed(event, 'nothing was invoked');
      if (operation.invoke.f !== event.f) throw malformed(event, `a ${operation.invoke.f} was invoked`);
      operations[at] = { ...operation, outcome: event.type, completion: event };
      open.delete(event.process);
      if (event.type === 'info') retired.add(event.process);
    }
  }
  return operations;
}

function checkOrder(previous: HistoryEvent | undefined, event: HistoryEvent): void {
  if (previous === undefined) return;
  if (event.i <= previous.i) throw malformed(event, `it follows event ${previous.i}`);
  if (event.t_ns < previous.t_ns) throw malformed(event, 'its time is before that of the event before');
}

function malformed(event: HistoryEvent, reason: string): AppError {
  return new AppError('invalid', `Event ${event.i} (${event.f}, ${event.type}) cannot be: ${reason}.`);
}

export function groupOperations(
  operations: Iterable<HistoryOperation>,
  keyOf: (invoke: HistoryEvent) => string,
): Map<string, HistoryOperation[]> {
  const groups = new Map<string, HistoryOperation[]>();
  for (const operation of operations) {
    const key = keyOf(operation.invoke);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [operation]);
    else group.push(operation);
  }
  return groups;
}
