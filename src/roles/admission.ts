/** Who is let in: what the process can bear, the level of service, and room on the disk. */
import type { Clock, Randomness } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { Job } from '../core/job.ts';
import type { ServiceLevel } from '../core/service-level.ts';
import type { Refusal, TurnAway } from '../http/turn-away.ts';
import type { Ports } from '../ports/open-ports.ts';
import { createServiceLevels, type ServiceLevels, TICK_MS } from '../resilience/service-levels.ts';
import { createLoadShedder, type Load } from '../resilience/shed.ts';
import { FORCED_LEVEL_HEARD_MS } from '../systems/operations/forced-level.ts';
import type { EventLoopLagMonitor } from '../telemetry/event-loop-lag.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { createServiceLevelMetrics } from '../telemetry/service-level-metrics.ts';
import type { Product } from './compose.ts';
import { startJobs } from './jobs.ts';

export interface Admission {
  readonly turnAway: TurnAway;
  /** Even of what is critical. */
  readonly isOverloaded: () => boolean;
  readonly levels: ServiceLevels;
  /** To be called once the process serves: what a start takes is no load. */
  watch(): void;
  close(): Promise<void>;
}

export interface AdmissionDeps {
  readonly ports: Ports;
  readonly product: Product;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Where reads begin to be refused; see `resilience/shed.ts` for who goes before and after them. */
const LOAD_LIMITS = {
  lagMs: 100,
  // A burst may wait a while; whoever waits longer has often given up.
  waitedMs: 1_000,
  // Writes are refused from half as many more: just as many as may wait for the database. So reads never fill
  // its queue, and there is always room for a write.
  inFlight: 1_340,
  queued: 5_000,
} as const;
/** Of the database's queue, which jobs and consumers wait in, too. */
const DATABASE_QUEUE_LIMIT = 1_340;
/** Ports for which the database does the work while they are away, or which are the database. */
const ESSENTIAL_PORTS = ['sql-store', 'timeline-store'];
/** What a level leaves out comes back slowly, so nobody need ask soon. */
const LEVEL_RETRY_AFTER_S = { min: 5, max: 20 } as const;

const IDLE = { waitedMs: 0, inFlight: 0 } as const;

export function openAdmission(deps: AdmissionDeps, lag: EventLoopLagMonitor): Admission {
  const { ports, product, clock, randomness, log, metrics } = deps;
  let arrived: Pick<Load, 'waitedMs' | 'inFlight'> = IDLE;
  const load = (): Load => ({
    // One literal, without spreading others into it: asked for each request.
    lagMs: lag.current().sustainedMs,
    queued: product.queued(),
    waitedMs: arrived.waitedMs,
    inFlight: arrived.inFlight,
  });
  const shedder = createLoadShedder({ load, limits: LOAD_LIMITS, randomness });
  const levels = createServiceLevels({
    pressure() {
      const met = Math.max(shedder.takeMean(), databasePressure(ports));
      // Whoever comes next says how many there are; once nobody comes, nobody does.
      arrived = IDLE;
      return met;
    },
    isImpaired: () => ESSENTIAL_PORTS.some((name) => isAway(ports, name)),
    clock,
    onChange: (level, before) =>
      log.warn({ level, before, ...levels.byCause() }, 'the level of service changed'),
  });
  createServiceLevelMetrics(metrics.registry).watch(levels.byCause);
  let ticking: NodeJS.Timeout | undefined;
  const jobs = startJobs([hearForcedLevel(deps, levels)], deps);

  const turnAway: TurnAway = ({ priority, writes, waitedMs, inFlight }) => {
    arrived = { waitedMs, inFlight };
    const full = writes ? ports.diskReserve?.refusal() : undefined;
    if (full !== undefined) return { error: full, reason: 'disk' };
    const { refuse, retryAfterS } = shedder.decide(priority);
    if (refuse) return { error: overloaded(retryAfterS), reason: `overload_${priority}` };
    return levels.serves(priority) ? undefined : leftOut(levels.current(), randomness);
  };
  return {
    turnAway,
    isOverloaded: () => shedder.decide('critical').refuse,
    levels,
    watch() {
      ticking = setInterval(levels.tick, TICK_MS).unref();
    },
    async close() {
      clearInterval(ticking);
      await jobs.close();
    },
  };
}

function databasePressure({ states }: Ports): number {
  return (states.get('sql-store')?.waiting() ?? 0) / DATABASE_QUEUE_LIMIT;
}

function isAway({ states }: Ports, name: string): boolean {
  return states.get(name)?.breaker() === 'open';
}

/** While the database is away, what was asked for last holds for as long as it was asked for. */
function hearForcedLevel({ ports, product, clock }: AdmissionDeps, levels: ServiceLevels): Job {
  return {
    name: 'hear-forced-service-level',
    everyMs: FORCED_LEVEL_HEARD_MS,
    async run() {
      if (isAway(ports, 'sql-store')) return 'done';
      const forced = await product.forcedLevels.get();
      levels.force(forced && { level: forced.level, untilMs: clock.monotonicMs() + forced.remainingMs });
      return 'done';
    },
  };
}

function overloaded(retryAfterS: number): AppError {
  const message = `The server has more to do than it can. Try again in ${retryAfterS} s.`;
  return new AppError('unavailable', message, { retryAfterS, outcome: 'not_applied' });
}

function leftOut(level: ServiceLevel, randomness: Pick<Randomness, 'fraction'>): Refusal {
  const { min, max } = LEVEL_RETRY_AFTER_S;
  const retryAfterS = min + Math.floor(randomness.fraction() * (max - min + 1));
  const message = `Only what matters most is served now. Try again in ${retryAfterS} s.`;
  return {
    error: new AppError('unavailable', message, { retryAfterS, outcome: 'not_applied' }),
    reason: `level_${level}`,
  };
}
