/**
 * Whether the process lives and whether it can serve. They are not the same: a process whose database is away is
 * alive (restarting it would not help). Once it has had its database, it can still answer from memory and replicas without: it
 * is `limited` then, to be sent requests if nobody else can do more. Before that it can answer nothing, and is not ready.
 */

import type { Clock } from '../core/clock.ts';
import { AppError, assert } from '../core/errors.ts';

/** Rejects, with an AppError where it can, if the part cannot do its work now. */
export type ReadinessCheck = () => Promise<void>;

export interface CheckReport {
  readonly status: 'up' | 'down';
  readonly duration_ms: number;
  /** Why it is down, safe to show. */
  readonly message?: string;
}

export type Readiness = 'ready' | 'limited' | 'not_ready' | 'draining';

export interface ReadinessReport {
  readonly status: Readiness;
  readonly checks: Readonly<Record<string, CheckReport>>;
}

export interface CheckOptions {
  readonly timeoutMs?: number;
  /** Whether the process serves without the part well enough to be sent requests: then it is shown, no more. */
  readonly optional?: boolean;
  /** Whether the process can answer some of its requests without the part, once it was there: then it is limited. */
  readonly limits?: boolean;
}

export interface Health {
  /** Adds a part that `ready` asks. Names are unique. */
  addCheck(name: string, check: ReadinessCheck, options?: CheckOptions): void;
  /** Answers at once; only a process that cannot answer at all is dead. */
  live(): { readonly status: 'live' };
  /** Asks all parts at the same time. Never rejects; resolves within the longest time-out. */
  ready(): Promise<ReadinessReport>;
  /** From now on not ready, so that balancers stop sending, while requests are still served. */
  drain(): void;
}

export const CHECK_TIMEOUT_MS = 1_000;

interface Part {
  readonly name: string;
  readonly timeoutMs: number;
  readonly optional: boolean;
  readonly limits: boolean;
  /** Runs the check, or joins the run that is still going on. */
  run(): Promise<void>;
  /** Whether it was ever up. */
  wasUp(): boolean;
}

export function createHealth(clock: Clock): Health {
  const parts: Part[] = [];
  let draining = false;
  return {
    addCheck(name, check, { timeoutMs = CHECK_TIMEOUT_MS, optional = false, limits = false } = {}) {
      assert(
        parts.every((part) => part.name !== name),
        `there is already a check called ${name}`,
      );
      let wasUp = false;
      const run = oneAtATime(async () => {
        await check();
        wasUp = true;
      });
      parts.push({ name, timeoutMs, optional, limits, run, wasUp: () => wasUp });
    },
    live: () => ({ status: 'live' }),
    async ready() {
      const reports = await Promise.all(
        parts.map(async (part) => ({ part, report: await reportOf(part, clock) })),
      );
      const down = reports.filter(({ report }) => report.status === 'down').map(({ part }) => part);
      return {
        status: draining ? 'draining' : readinessWithout(down),
        checks: Object.fromEntries(reports.map(({ part, report }) => [part.name, report])),
      };
    },
    drain() {
      draining = true;
    },
  };
}

function readinessWithout(down: readonly Part[]): Readiness {
  const missed = down.filter(({ optional }) => !optional);
  if (missed.length === 0) return 'ready';
  return missed.every(({ limits, wasUp }) => limits && wasUp()) ? 'limited' : 'not_ready';
}

/** A check that hangs must not pile up with every probe: callers join the run that has not ended. */
function oneAtATime(check: ReadinessCheck): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= Promise.resolve()
      .then(check)
      .finally(() => {
        running = undefined;
      });
    return running;
  };
}

async function reportOf(part: Part, clock: Clock): Promise<CheckReport> {
  const startMs = clock.monotonicMs();
  const message = await failureOf(part, clock);
  const duration_ms = Math.round(clock.monotonicMs() - startMs);
  return message === undefined ? { status: 'up', duration_ms } : { status: 'down', duration_ms, message };
}

/** Why the part is down, or undefined if it is up. */
async function failureOf(part: Part, clock: Clock): Promise<string | undefined> {
  const timeoutEnd = new AbortController();
  const timeout = clock
    .sleep(part.timeoutMs, timeoutEnd.signal)
    .then(() => `It did not answer within ${part.timeoutMs} ms.`);
  const answer = part.run().then(
    () => undefined,
    (error: unknown) => (error instanceof AppError ? error.message : 'It failed; the log says why.'),
  );
  return Promise.race([answer, timeout]).finally(() => timeoutEnd.abort());
}
