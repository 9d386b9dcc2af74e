/**
 * Races by choice: the calls of a task to what is slow (the stores) stand still before and after they are made until
 * the test lets them go on, so that a test decides in which order things happen. One at a time, and nothing by chance.
 */
import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Where a task stands still: `before` a call is made, or `after` it was, with the answer not yet received. */
type Standstill = { readonly place: string; goOn(): void; crash(): void };

export interface Task<Result> {
  readonly name: string;
  /** Where it stands, such as `before deliver`; undefined while it does not. */
  place(): string | undefined;
  /** Undefined while it runs. */
  readonly outcome: () => Outcome<Result> | undefined;
  /** Lets it go on past one call; it stands still again before the next. */
  goOn(): Promise<void>;
  /** Lets it go on to its end. */
  finish(): Promise<Result>;
  /** The process dies that runs it: whatever it does next fails. */
  crash(): Promise<void>;
}

export type Outcome<Result> =
  | { readonly ok: true; readonly value: Result }
  | { readonly ok: false; readonly error: unknown };

/** What a call of a crashed task fails with. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

export interface Interleaving {
  /** Starts it; with `slow`, it stands still at every call, otherwise it runs to its end. */
  start<Result>(name: string, slow: boolean, work: () => Promise<Result>): Promise<Task<Result>>;
  /** Runs it to its end, others that it waits for too. */
  run<Result>(name: string, work: () => Promise<Result>): Promise<Result>;
  /** A call of whichever task is running. */
  call<Result>(place: string, work: () => Promise<Result>): Promise<Result>;
  /** As `call`, but at once where the task need not stand still and the answer is there. */
  maybeCall<Result>(place: string, work: () => Result | Promise<Result>): Result | Promise<Result>;
  /** Something of the outside is under way, such as a commit, until the function that it answers is called. */
  enter(): () => void;
  /** Of the task that is running. */
  currentName(): string | undefined;
  /** Those that stand still, the oldest first. */
  standing(): readonly Task<unknown>[];
  /** Lets every task go on to its end. */
  finishAll(): Promise<void>;
}

interface Running {
  readonly name: string;
  slow: boolean;
  crashed: boolean;
  readonly standstills: Standstill[];
}

/** Turns of the event loop without a call under way, after which everyone stands still. */
const CALM_TURNS = 4;
/** Far longer than a call takes. */
const LONG_MS = 25;
const STUCK_TURNS = 200_000;

/** One for all: each that there ever was costs time with every promise. */
const current = new AsyncLocalStorage<Running>();

/** `isBlocked`: whether a call waits for a lock. */
export function createInterleaving({
  isBlocked,
}: {
  readonly isBlocked: () => Promise<boolean>;
}): Interleaving {
  const tasks = new Map<Running, Task<unknown>>();
  let underWay = 0;
  const idleWaiters: (() => void)[] = [];

  /** Resolves when every task stands still or has ended. */
  async function calm(): Promise<void> {
    for (let turns = 0; turns < CALM_TURNS; turns += 1) {
      await nextTurn();
      while (underWay > 0) {
        turns = 0;
        await noCallUnderWay();
      }
    }
  }

  async function noCallUnderWay(): Promise<void> {
    const idle = new Promise<'idle'>((resolve) => idleWaiters.push(() => resolve('idle')));
    let timer: NodeJS.Timeout | undefined;
    const long = new Promise<'long'>((resolve) => {
      timer = setTimeout(() => resolve('long'), LONG_MS);
    });
    if ((await Promise.race([idle, long])) === 'long') await endBlockade();
    clearTimeout(timer);
  }

  /** Who stands still within a transaction may hold a lock that a call waits for. */
  async function endBlockade(): Promise<void> {
    const [oldest] = standing();
    if (underWay > 0 && oldest !== undefined && (await isBlocked())) release(oldest);
  }

  async function standStill(running: Running | undefined, place: string): Promise<void> {
    if (running === undefined) return;
    if (running.crashed) throw new Crash(place);
    if (!running.slow) return;
    await new Promise<void>((resolve, reject) => {
      running.standstills.push({ place, goOn: resolve, crash: () => reject(new Crash(place)) });
    });
  }

  function enter(): () => void {
    underWay += 1;
    let isIn = true;
    return () => {
      if (!isIn) return;
      isIn = false;
      underWay -= 1;
      if (underWay === 0) for (const wake of idleWaiters.splice(0)) wake();
    };
  }

  async function outside<Result>(work: Promise<Result>): Promise<Result> {
    const leave = enter();
    try {
      return await work;
    } finally {
      leave();
    }
  }

  async function call<Result>(place: string, work: () => Promise<Result>): Promise<Result> {
    const running = current.getStore();
    await standStill(running, `before ${place}`);
    const result = await outside(work());
    await standStill(running, `after ${place}`);
    return result;
  }

  function release(running: Running): void {
    for (const { goOn } of running.standstills.splice(0)) goOn();
  }

  function standing(): Running[] {
    return [...tasks.keys()].filter(({ standstills }) => standstills.length > 0);
  }

  /** Until the task has ended: those that it waits for (they share a load, say) go on as well. */
  async function untilEnded<Result>(running: Running, task: Task<Result>): Promise<Result> {
    for (let turns = 0; task.outcome() === undefined; turns += 1) {
      running.slow = false;
      release(running);
      await calm();
      if (task.outcome() !== undefined || running.standstills.length > 0) continue;
      const [other] = standing();
      if (other !== undefined) release(other);
      assert(turns < STUCK_TURNS, `${running.name} does not end`);
    }
    const outcome = task.outcome();
    if (outcome?.ok) return outcome.value;
    throw outcome?.error;
  }

  function begin<Result>(name: string, slow: boolean, work: () => Promise<Result>): [Running, Task<Result>] {
    const running: Running = { name, slow, crashed: false, standstills: [] };
    let outcome: Outcome<Result> | undefined;
    const task: Task<Result> = {
      name,
      place: () => running.standstills[0]?.place,
      outcome: () => outcome,
      async goOn() {
        running.standstills.shift()?.goOn();
        await calm();
      },
      finish: () => untilEnded(running, task),
      async crash() {
        running.crashed = true;
        for (const { crash } of running.standstills.splice(0)) crash();
        await untilEnded(running, task).catch(() => undefined);
      },
    };
    tasks.set(running, task);
    current
      .run(running, work)
      .then(
        (value) => {
          outcome = { ok: true, value };
        },
        (error: unknown) => {
          outcome = { ok: false, error };
        },
      )
      .finally(() => tasks.delete(running));
    return [running, task];
  }

  return {
    call,
    enter,
    currentName: () => current.getStore()?.name,

    maybeCall(place, work) {
      const running = current.getStore();
      if (running === undefined || !(running.slow || running.crashed)) {
        const result = work();
        return result instanceof Promise ? outside(result) : result;
      }
      return call(place, async () => work());
    },

    async start(name, slow, work) {
      const [running, task] = begin(name, slow, work);
      if (slow) await calm();
      else await untilEnded(running, task).catch(() => undefined);
      return task;
    },

    async run(name, work) {
      const [running, task] = begin(name, false, work);
      return untilEnded(running, task);
    },

    standing: () =>
      standing()
        .map((running) => tasks.get(running))
        .filter((task) => task !== undefined),

    async finishAll() {
      for (const task of [...tasks.values()]) await task.finish().catch(() => undefined);
    },
  };
}
