/**
 * A coalescer for what requests write, where requests are traced: a batch is written when another one ends, and for
 * many requests, so it runs in the span of the first of them, and each item knows the request that it came with.
 */
import type { Tracing } from '../telemetry/trace.ts';
import { type CoalescerOptions, createCoalescer, type ItemOutcome } from './coalesce.ts';

export interface TracedItem<Item> {
  readonly item: Item;
  /** Of the request (W3C Trace Context), for the event that announces the item. */
  readonly traceparent: string | undefined;
}

export interface TracedCoalescerOptions<Item, Result> extends Omit<CoalescerOptions<Item, Result>, 'run'> {
  readonly tracing: Tracing;
  /** As of a coalescer. */
  run(items: readonly TracedItem<Item>[]): Promise<readonly ItemOutcome<Result>[]>;
}

export interface TracedCoalescer<Item, Result> {
  submit(item: Item): Promise<Result>;
  /** Items that wait for a batch. */
  waiting(): number;
}

interface WaitingItem<Item> extends TracedItem<Item> {
  readonly inItsSpan: ReturnType<Tracing['capture']>;
}

export function createTracedCoalescer<Item, Result>(
  options: TracedCoalescerOptions<Item, Result>,
): TracedCoalescer<Item, Result> {
  const { tracing, run } = options;
  const coalescer = createCoalescer<WaitingItem<Item>, Result>({
    ...options,
    run: async (items) => items[0]?.inItsSpan(() => run(items)) ?? [],
  });
  return {
    submit(item) {
      const { traceparent } = tracing.headers();
      return coalescer.submit({ item, traceparent, inItsSpan: tracing.capture() });
    },
    waiting: () => coalescer.waiting(),
  };
}
