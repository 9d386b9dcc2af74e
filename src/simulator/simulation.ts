/**
 * A town of drivers and riders who use the product's API: people ask for rides as the demand has it, drivers answer, drive, and say
 * where they are. What people want is drawn from a seed; what the server makes of it depends on when it answers, too.
 */

import { setMaxListeners } from 'node:events';
import type { Clock } from '../core/clock.ts';
import { concurrently } from '../core/concurrently.ts';
import type { HistoryRecorder } from '../history/history-recorder.ts';
import { type Behaviour, drawsOf } from './behaviour.ts';
import { createRoads, type PathOf, type TravelS } from './car.ts';
import type { Demand } from './demand.ts';
import { count, createRideCalls, type Person, type RideCalls } from './ride-calls.ts';
import { createRideJournal, type RideRecord } from './ride-journal.ts';
import { createServers } from './servers.ts';
import { createSimulatedDriver, type SimulatedDriver } from './simulated-driver.ts';
import { createSimulatedRiders, type SimulatedRiders } from './simulated-riders.ts';
import type { TownPeople } from './town-people.ts';

export interface SimulationOptions {
  readonly urls: readonly string[];
  readonly people: TownPeople;
  readonly demand: Demand;
  readonly durationMs: number;
  /** How long rides may go on when nobody asks for any more; then the simulation ends them. */
  readonly drainMs: number;
  readonly seed: number;
  /** How many times as fast cars go as in the town. */
  readonly driving: number;
  readonly behaviour: Behaviour;
  /** What riders pay with, by their number: a token of the sandbox. By default one that pays. */
  readonly payWith?: (rider: number) => string;
  /** Tells the keys of this simulation from those of others. */
  readonly runId: string;
}

export interface SimulationDeps {
  readonly clock: Clock;
  readonly travelS: TravelS;
  /** Absent: cars go straight. */
  readonly pathOf?: PathOf | undefined;
  readonly recorder: HistoryRecorder | undefined;
  /** Ends it early, in good order. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: SimulationProgress) => void;
}

export interface SimulationProgress {
  readonly phase: 'preparing' | 'gathering' | 'running' | 'ending' | 'reading';
  /** Of the phase, 0 to 1. */
  readonly fraction: number;
  readonly requests: number;
  /** Requests without a driver. */
  readonly waiting: number;
  readonly driversBusy: number;
  readonly driversOnLine: number;
}

export interface SimulationResult {
  readonly records: readonly RideRecord[];
  /** While people asked for rides, and until all rides had ended. */
  readonly demandMs: number;
  readonly totalMs: number;
  readonly drivers: number;
  /** Points that the server has dropped, by reason. */
  readonly dropped: ReadonlyMap<string, number>;
  /** Answers that sent callers away for a while, by status. */
  readonly refusals: ReadonlyMap<string, number>;
  /** Calls that were given up. */
  readonly unanswered: number;
}

const TICK_MS = 100;
const CONNECTS_PER_TICK = 40;
const REPORT_EVERY_MS = 500;
const CALLS_AT_ONCE = 16;
const GATHER_MS_MAX = 120_000;
/** A position of each driver has to be there before anybody asks. */
const SETTLE_MS = 2_000;
const END_MS_MAX = 180_000;
const VEHICLE = { make: 'Toyota', model: 'Prius', colour: 'black', seats: 4 };
/** What draws are for: drivers, riders, and where drivers begin. */
const [DRIVER_DRAWS, RIDER_DRAWS, START_DRAWS] = [1, 2, 3] as const;

export async function runSimulation(
  deps: SimulationDeps,
  options: SimulationOptions,
): Promise<SimulationResult> {
  const servers = createServers(options.urls);
  const stopping = new AbortController();
  // Every call that waits listens to it.
  setMaxListeners(0, stopping.signal);
  const calls = createRideCalls({ ...deps, servers, signal: stopping.signal, runId: options.runId });
  const town = createTown(deps, options, calls);
  try {
    await prepare(calls, options, (fraction) => town.report('preparing', fraction));
    return await town.run();
  } finally {
    stopping.abort();
    town.close();
    servers.close();
  }
}

function createTown(deps: SimulationDeps, options: SimulationOptions, calls: RideCalls) {
  const { clock, signal } = deps;
  const { people, demand, seed, behaviour, durationMs, drainMs } = options;
  const journal = createRideJournal();
  const dropped = new Map<string, number>();
  const roads = createRoads({ ...deps, ...demand, driving: options.driving });
  const startMs = clock.monotonicMs();
  const sinceStartMs = (): number => clock.monotonicMs() - startMs;
  const riders: SimulatedRiders = createSimulatedRiders({
    ...{ people: people.riders, calls, journal, behaviour, nowMs: sinceStartMs },
    draw: drawsOf(seed, RIDER_DRAWS, 0),
  });
  const startDraw = drawsOf(seed, START_DRAWS, 0);
  const drivers: SimulatedDriver[] = people.drivers.map((person, number) =>
    createSimulatedDriver({
      ...{ person, calls, journal, roads, behaviour, clock, recorder: deps.recorder },
      ...{ start: demand.driverStart(startDraw), draw: drawsOf(seed, DRIVER_DRAWS, number) },
      ...{ pinOf: riders.pinOf, nowMs: sinceStartMs },
      onDropped: (reason, points) => {
        for (let point = 0; point < points; point += 1) count(dropped, reason);
      },
    }),
  );
  let connected = 0;
  let reportedMs = Number.NEGATIVE_INFINITY;
  let nowMs = 0;

  async function tick(): Promise<void> {
    await clock.sleep(TICK_MS);
    nowMs = sinceStartMs();
    connected = Math.min(drivers.length, connected + CONNECTS_PER_TICK);
    for (const driver of drivers.slice(0, connected)) driver.tick(nowMs);
    riders.tick(nowMs);
  }

  function report(phase: SimulationProgress['phase'], fraction: number): void {
    if (clock.monotonicMs() - reportedMs < REPORT_EVERY_MS) return;
    reportedMs = clock.monotonicMs();
    const isWaiting = ({ status, acceptedMs }: RideRecord): boolean =>
      status === undefined && acceptedMs === undefined;
    deps.onProgress({
      ...{ phase, fraction, requests: journal.records.length },
      waiting: journal.records.filter(isWaiting).length,
      driversBusy: drivers.filter((driver) => driver.isBusy()).length,
      driversOnLine: onLine(),
    });
  }

  const onLine = (): number => drivers.filter((driver) => driver.isOnLine()).length;

  /** All drivers are there, or as many as come in time. */
  async function gather(): Promise<void> {
    while (onLine() < drivers.length && nowMs < GATHER_MS_MAX && !signal.aborted) {
      await tick();
      report('gathering', onLine() / drivers.length);
    }
    for (const untilMs = nowMs + SETTLE_MS; nowMs < untilMs && !signal.aborted; ) await tick();
  }

  async function demandRides(): Promise<void> {
    const beganMs = nowMs;
    const left = demand.requests.toReversed();
    while (nowMs - beganMs < durationMs && !signal.aborted) {
      await tick();
      for (let next = left.at(-1); next !== undefined && beganMs + next.atMs <= nowMs; next = left.at(-1)) {
        left.pop();
        riders.ask(next);
      }
      report('running', (nowMs - beganMs) / durationMs);
    }
  }

  async function end(): Promise<void> {
    for (const untilMs = nowMs + drainMs; nowMs < untilMs && journal.open() > 0 && !signal.aborted; ) {
      await tick();
      report('ending', 1 - (untilMs - nowMs) / drainMs);
    }
    riders.finish();
    for (const driver of drivers) driver.finish();
    for (const untilMs = nowMs + END_MS_MAX; nowMs < untilMs && journal.open() > 0; ) {
      await tick();
      report('ending', 1);
    }
  }

  return {
    report,
    async run(): Promise<SimulationResult> {
      await gather();
      const beganMs = nowMs;
      await demandRides();
      const demandMs = nowMs - beganMs;
      await end();
      const totalMs = nowMs - beganMs;
      report('reading', 0);
      await riders.readAll();
      await leave(calls, people.drivers);
      return {
        ...{ records: journal.records, demandMs, totalMs, drivers: drivers.length },
        ...{ dropped, refusals: calls.refusals, unanswered: calls.unanswered() },
      };
    },
    close(): void {
      for (const driver of drivers) driver.close();
    },
  };
}

/** Drivers register and go on duty; riders say how they pay, where the server wants to know. */
async function prepare(
  calls: RideCalls,
  { people: { drivers, riders }, payWith = () => 'sandbox_ok' }: SimulationOptions,
  onProgress: (fraction: number) => void,
): Promise<void> {
  const total = drivers.length + riders.length;
  let done = 0;
  const step = (): void => {
    done += 1;
    onProgress(done / total);
  };
  const put = async (person: Person, path: string, body: object): Promise<void> => {
    await calls.call(person, { method: 'PUT', path, body });
  };
  await concurrently(
    drivers.length,
    async (number) => {
      const driver = drivers[number];
      if (driver === undefined) return;
      const vehicle = { ...VEHICLE, plate: `SIM${number}` };
      await put(driver, '/drivers/me', { vehicle, ride_types: ['economy'] });
      await put(driver, '/drivers/me/state', { state: 'available' });
      step();
    },
    CALLS_AT_ONCE,
  );
  await concurrently(
    riders.length,
    async (number) => {
      const rider = riders[number];
      if (rider !== undefined) await put(rider, '/payments/method', { token: payWith(number) });
      step();
    },
    CALLS_AT_ONCE,
  );
}

async function leave(calls: RideCalls, drivers: readonly Person[]): Promise<void> {
  await concurrently(
    drivers.length,
    async (number) => {
      const driver = drivers[number];
      if (driver === undefined) return;
      await calls.call(driver, {
        ...{ method: 'PUT', path: '/drivers/me/state' },
        body: { state: 'non_operational' },
      });
    },
    CALLS_AT_ONCE,
  );
}
