/**
 * Writes of concurrent callers in one statement: items of the same turn of the event loop go together, and while a
 * batch runs, further ones gather. Alone, a caller waits for nobody; under load, the batches grow by themselves.
 */

import { AppError, assert } from '../core/errors.ts';

/** What became of one item of a batch. */
export type ItemOutcome<Result> =
  | { readonly ok: true; readonly value: Result }
  | { readonly ok: false; readonly error: unknown };

export interface CoalescerOptions<Item, Result> {
  /** Most items in one batch. */
  readonly batchMax: number;
  /** Most batches that run at the same time. */
  readonly concurrentBatchesMax: number;
  /** Most items that wait; the next is refused. */
  readonly queueMax: number;
  /**
   * After a batch of several items, the next one waits so long for the callers whom it has answered to come
   * again; else callers fall into two halves that take turns. Default 0.
   */
  readonly gatherMs?: number;
  /**
   * Does the work of all items, which are in the order they came, and answers one outcome for each, in their
   * order. When it fails as a whole with outcome `not_applied`, it is called for each item alone, because one of
   * them may be the reason; with any other error every caller of the batch gets that error.
   */
  run(items: readonly Item[]): Promise<readonly ItemOutcome<Result>[]>;
}

export interface Coalescer<Item, Result> {
  /** Resolves or rejects with what became of this item. `unavailable` (not_applied) when too many wait. */
  submit(item: Item): Promise<Result>;
  /** Items that wait for a batch. */
  waiting(): number;
}

interface Caller<Item, Result> {
  readonly item: Item;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

export function createCoalescer<Item, Result>(
  options: CoalescerOptions<Item, Result>,
): Coalescer<Item, Result> {
  const { batchMax, concurrentBatchesMax, queueMax, gatherMs = 0 } = options;
  assert(batchMax >= 1 && concurrentBatchesMax >= 1 && queueMax >= 1, 'limits must be at least 1');
  const queue: Caller<Item, Result>[] = [];
  let running = 0;
  let starting = false;

  /** At the end of the turn: the callers whom one batch has answered, or one read from the network, come together. */
  function startSoon(): void {
    if (starting || running === concurrentBatchesMax) return;
    starting = true;
    setImmediate(() => {
      starting = false;
      startBatches();
    });
  }

  function startBatches(): void {
    while (running < concurrentBatchesMax && queue.length > 0) {
      const batch = queue.splice(0, batchMax);
      running += 1;
      void settleBatch(batch, options.run).then(() => {
        if (gatherMs > 0 && batch.length > 1) setTimeout(endBatch, gatherMs);
        else endBatch();
      });
    }
  }

  function endBatch(): void {
    running -= 1;
    // Not at once: what has been read from the network in this turn, and is not looked at yet, goes along.
    if (queue.length > 0) startSoon();
  }

  return {
    submit: (item) =>
      new Promise((resolve, reject) => {
        if (queue.length >= queueMax) return reject(queueFull());
        queue.push({ item, resolve, reject });
        startSoon();
      }),
    waiting: () => queue.length,
  };
}

type Run<Item, Result> = CoalescerOptions<Item, Result>['run'];

/** Settles every caller of the batch, whatever happens. Never rejects. */
async function settleBatch<Item, Result>(
  batch: readonly Caller<Item, Result>[],
  run: Run<Item, Result>,
): Promise<void> {
  try {
    settle(batch, await runWhole(batch, run));
  } catch (error) {
    if (batch.length > 1 && isNotApplied(error)) await settleOneByOne(batch, run, error);
    else for (const caller of batch) caller.reject(error);
  }
}

async function settleOneByOne<Item, Result>(
  batch: readonly Caller<Item, Result>[],
  run: Run<Item, Result>,
  batchError: AppError,
): Promise<void> {
  for (const [index, caller] of batch.entries()) {
    try {
      settle([caller], await runWhole([caller], run));
    } catch (error) {
      caller.reject(error);
      if (!isOutage(error)) continue;
      // It is not the item's fault: trying the rest one by one would only load a store that is in trouble.
      for (const later of batch.slice(index + 1)) later.reject(batchError);
      return;
    }
  }
}

async function runWhole<Item, Result>(
  batch: readonly Caller<Item, Result>[],
  run: Run<Item, Result>,
): Promise<readonly ItemOutcome<Result>[]> {
  const outcomes = await run(batch.map(({ item }) => item));
  assert(outcomes.length === batch.length, `${batch.length} items had ${outcomes.length} outcomes`);
  return outcomes;
}

function settle<Item, Result>(
  batch: readonly Caller<Item, Result>[],
  outcomes: readonly ItemOutcome<Result>[],
): void {
  for (const [index, caller] of batch.entries()) {
    const outcome = outcomes[index];
    if (outcome?.ok === true) caller.resolve(outcome.value);
    else caller.reject(outcome?.error);
  }
}

function isNotApplied(error: unknown): error is AppError {
  return error instanceof AppError && error.outcome === 'not_applied';
}

function isOutage(error: unknown): boolean {
  return error instanceof AppError && (error.code === 'unavailable' || error.code === 'timeout');
}

function queueFull(): AppError {
  return new AppError('unavailable', 'Too many writes are waiting. Try again shortly.', {
    retryAfterS: 1,
    outcome: 'not_applied',
  });
}
