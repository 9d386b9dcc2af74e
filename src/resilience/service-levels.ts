/**
 * At which level the process serves: by its load, by the engines that are away, and by what an operator has asked for; the
 * lowest of them counts. Load shedding refuses single requests within milliseconds; a level changes slowly, so that people
 * find the same things there from one moment to the next, and the relief that it brings does not end it.
 */
import type { Clock } from '../core/clock.ts';
import type { Priority } from '../core/priority.ts';
import { lowestOf, SERVICE_LEVELS, type ServiceLevel, serves } from '../core/service-level.ts';
import { THRESHOLDS } from './shed.ts';

export interface ForcedLevel {
  readonly level: ServiceLevel;
  /** By the monotonic clock of this process. */
  readonly untilMs: number;
}

export type LevelCause = 'load' | 'engines' | 'forced';

export interface ServiceLevels {
  current(): ServiceLevel;
  serves(priority: Priority): boolean;
  /** What each cause alone would lead to. */
  byCause(): Readonly<Record<LevelCause, ServiceLevel>>;
  /** `undefined`: nobody asks for a level any more. */
  force(forced: ForcedLevel | undefined): void;
  /** For how long the level is forced yet; 0: it is not. */
  forcedForMs(): number;
  /** Looks at load and engines. To be called every TICK_MS. */
  tick(): void;
}

export interface ServiceLevelsOptions {
  /** On average since the last tick, as a share of what the process can bear (`LoadShedder.takeMean`). */
  readonly pressure: () => number;
  /** Whether an engine is away without which the others have more to do. */
  readonly isImpaired: () => boolean;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly onChange?: (level: ServiceLevel, before: ServiceLevel) => void;
}

export const TICK_MS = 1_000;
/** So many ticks in a row must show the pressure: neither a burst nor a start is one. Load shedding has its say meanwhile. */
export const TICKS_TO_LOWER = 3;
/** And so many its end, for each level back up. */
export const TICKS_TO_RAISE = 5;

/** Where the pressure turns away who is the first that a level leaves out. */
const LIMITS: readonly { readonly refuseFrom: number; readonly serveBelow: number }[] = [
  THRESHOLDS.optional,
  THRESHOLDS.read,
  THRESHOLDS.write,
];

export function createServiceLevels(options: ServiceLevelsOptions): ServiceLevels {
  const { pressure, isImpaired, clock, onChange } = options;
  const load = createSteadyLevel();
  const engines = createSteadyLevel();
  let forced: ForcedLevel | undefined;
  let known: ServiceLevel = 'full';

  const inForce = (): ForcedLevel | undefined =>
    forced !== undefined && clock.monotonicMs() < forced.untilMs ? forced : undefined;
  const byCause = () => ({
    load: load.current(),
    engines: engines.current(),
    forced: inForce()?.level ?? 'full',
  });

  function current(): ServiceLevel {
    const level = lowestOf(Object.values(byCause()));
    if (level !== known) {
      const before = known;
      known = level;
      onChange?.(level, before);
    }
    return level;
  }

  return {
    current,
    byCause,
    // Asked for every request; what is known is at most a tick old.
    serves: (priority) => serves(known, priority),
    force(next) {
      forced = next;
      current();
    },
    forcedForMs: () => Math.max(0, (inForce()?.untilMs ?? 0) - clock.monotonicMs()),
    tick() {
      const now = pressure();
      load.look(
        LIMITS.filter(({ refuseFrom }) => now >= refuseFrom).length,
        LIMITS.filter(({ serveBelow }) => now >= serveBelow).length,
      );
      const impaired = isImpaired() ? 1 : 0;
      engines.look(impaired, impaired);
      current();
    },
  };
}

/** A level that goes down to where it must after a few looks, and up again one by one after many. */
function createSteadyLevel() {
  let at = 0;
  /** What the last looks asked for, the latest last. */
  let asked: number[] = [];
  let calm = 0;
  return {
    current: (): ServiceLevel => SERVICE_LEVELS[at] ?? 'emergency',
    /** `reached`: the level that the pressure asks for. `held`: the one that it keeps, if that is where we are. */
    look(reached: number, held: number): void {
      asked = [...asked, reached].slice(-TICKS_TO_LOWER);
      const sustained = asked.length < TICKS_TO_LOWER ? 0 : Math.min(...asked);
      calm = held < at ? calm + 1 : 0;
      if (sustained > at) [at, calm] = [sustained, 0];
      else if (calm >= TICKS_TO_RAISE) [at, calm] = [at - 1, 0];
    },
  };
}
