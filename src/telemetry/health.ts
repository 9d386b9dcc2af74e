/**
 * Whether the process lives and whether it can serve. They are not the same: a process whose database is away is
 * alive (restarting it would not help) and not ready (a balancer must not send to it).
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

export interface ReadinessReport {
  readonly status: 'ready' | 'not_ready' | 'draining';
  readonly checks: Readonly<Record<string, CheckReport>>;
}

export interface CheckOptions {
  readonly timeoutMs?: number;
  /** Whether the process serves without the part well enough to be sent requests: then it is shown, no more. */
  readonly optional?: boolean;
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
  /** Runs the check, or joins the run that is still going on. */
  run(): Promise<void>;
}

export function createHealth(clock: Clock): Health {
  const parts: Part[] = [];
  let draining = false;
  return {
    addCheck(name, check, { timeoutMs = CHECK_TIMEOUT_MS, optional = false } = {}) {
      assert(
        parts.every((part) => part.name !== name),
        `there is already a check called ${name}`,
      );
      parts.push({ name, timeoutMs, optional, run: oneAtATime(check) });
    },
    live: () => ({ status: 'live' }),
    async ready() {
      const reports = await Promise.all(
        parts.map(async (part) => ({ part, report: await reportOf(part, clock) })),
      );
      const up = reports.every(({ part, report }) => part.optional || report.status === 'up');
      const status = draining ? 'draining' : up ? 'ready' : 'not_ready';
      return { status, checks: Object.fromEntries(reports.map(({ part, report }) => [part.name, report])) };
    },
    drain() {
      draining = true;
    },
  };
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
