/** A town while its servers are killed, and what has to be so after it: nobody was booked twice, and every request has ended. */
import path from 'node:path';
import type { TestContext } from 'node:test';
import { findFreePort, type ServerProcess } from '../../src/bench/server-process.ts';
import type { Environment } from '../../src/config/env.ts';
import { seededFraction, systemClock, systemRandomness } from '../../src/core/clock.ts';
import type { CheckReport } from '../../src/history/check-report.ts';
import { readHistory } from '../../src/history/history-event.ts';
import { openHistoryRecorder } from '../../src/history/history-recorder.ts';
import { checkRides } from '../../src/history/rides/ride-checker.ts';
import { rideLogMarks } from '../../src/history/rides/ride-log.ts';
import { createPostgresEventLog } from '../../src/ports/event-log/postgres-event-log.ts';
import { straightDurationS } from '../../src/ports/routing/routing.ts';
import type { PostgresConnection } from '../../src/ports/sql-store/postgres-connection.ts';
import type { SqlStore } from '../../src/ports/sql-store/sql-store.ts';
import { BEHAVIOUR } from '../../src/simulator/behaviour.ts';
import type { Demand } from '../../src/simulator/demand.ts';
import { runSimulation, type SimulationResult } from '../../src/simulator/simulation.ts';
import { makeTownPeople, type TownPeople } from '../../src/simulator/town-people.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { atEnd } from './at-end.ts';
import type { ServerHome } from './server-process.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { openHome, openSql } from './timeline-run.ts';

export interface RideFaultsOptions {
  readonly connection: PostgresConnection;
  readonly settings: Environment;
  readonly processes: number;
  /** Beside these, processes that only work off the event log and what is due; none: all do that. */
  readonly workers?: number;
  readonly payWith?: (rider: number) => string;
  readonly drivers: number;
  /** Each request is another rider's. */
  readonly demand: Demand;
  readonly durationMs: number;
  /** For which rides then go on, before they are ended. */
  readonly drainMs?: number;
  /** How often the process that dispatches is killed; in between, any. */
  readonly killEveryMs: number;
  readonly seed: number;
}

export interface RideFaultsOutcome {
  readonly result: SimulationResult;
  readonly report: CheckReport;
  readonly kills: { readonly dispatchers: number; readonly others: number };
  /** Who goes on with it, until the test ends. */
  readonly town: Town;
}

/** The servers that still run, and whoever used them. */
export interface Town {
  readonly sql: SqlStore;
  readonly urls: readonly string[];
  readonly people: TownPeople;
  /** Kills all workers at once, and starts them again. */
  killWorkers(): Promise<void>;
}

const clock = systemClock;
const DRAIN_MS = 5_000;
/** A town of some streets, so that rides are over soon. */
const [LAT, LNG, DEGREES] = [40.75, -73.98, 0.004] as const;
const HURRIED = {
  ...BEHAVIOUR,
  ...{ cancelShare: 0.1, driverCancelShare: 0.05 },
  thinkingMs: { least: 50, most: 1_500 },
  boardingMs: { least: 50, most: 500 },
  cancellingMs: { least: 100, most: 6_000 },
};

interface Place {
  readonly home: ServerHome;
  readonly isWorker: boolean;
  readonly port: number;
  server: ServerProcess | undefined;
}

export async function runRideFaults(
  test: TestContext,
  options: RideFaultsOptions,
): Promise<RideFaultsOutcome> {
  const { connection, settings, processes, workers = 0, drivers, demand, durationMs, seed } = options;
  const { drainMs = DRAIN_MS } = options;
  const places: Place[] = [];
  for (let number = 0; number < processes + workers; number += 1) {
    const isWorker = number >= processes;
    places.push({ home: await openHome(test), isWorker, port: await findFreePort(), server: undefined });
  }
  const start = async (place: Place): Promise<void> => {
    place.server = await place.home.start({ ...settings, ...rolesOf(place, workers > 0) }, place.port);
  };
  const urls = places.filter(({ isWorker }) => !isWorker).map(({ port }) => `http://127.0.0.1:${port}`);
  await Promise.all(places.map(start));
  const sql = openSql(test, connection);
  const prefix = `f${systemRandomness.bytes(4).toString('hex')}`;
  const deps = { sql, clock, randomness: systemRandomness };
  const people = await makeTownPeople(deps, { prefix, drivers, riders: demand.requests.length });
  const file = path.join(await temporaryFolder(test), 'history.jsonl');
  const recorder = openHistoryRecorder({ path: file, clock });
  /** Of the killing: rides that go on may then come to their ends. */
  const done = new AbortController();
  atEnd(test, () => done.abort());
  let killing: Promise<RideFaultsOutcome['kills']> | undefined;
  const result = await runSimulation(
    {
      ...{ clock, travelS: straightDurationS, recorder, signal: test.signal },
      // From when people ask on.
      onProgress({ phase }) {
        if (phase === 'running')
          killing ??= killNowAndThen(places, start, options, recorder.mark, done.signal);
        if (phase === 'ending') done.abort();
      },
    },
    {
      ...{ urls, people, demand, durationMs, drainMs, seed },
      ...{ driving: 10, behaviour: HURRIED, runId: prefix },
      ...(options.payWith === undefined ? {} : { payWith: options.payWith }),
    },
  );
  done.abort();
  const kills = (await killing) ?? { dispatchers: 0, others: 0 };
  const log = createLog({ level: 'silent', pretty: false });
  const eventLog = createPostgresEventLog({ sqlStore: sql, clock, randomness: systemRandomness, log });
  for await (const { f, value } of rideLogMarks(eventLog)) recorder.mark(f, value);
  await eventLog.close();
  recorder.close();
  const killWorkers = async (): Promise<void> => {
    const killed = places.filter(({ isWorker }) => isWorker);
    await Promise.all(killed.map(({ server }) => server?.kill()));
    await Promise.all(killed.map(start));
  };
  const report = checkRides(await readHistory(file), { settled: true });
  return { result, kills, report, town: { sql, urls, people, killWorkers } };
}

function rolesOf({ isWorker, port }: Place, areApart: boolean): Environment {
  if (!areApart) return {};
  // Who has no API says here how it is.
  if (isWorker) return { GROUNDSWELL_ROLES: 'worker', GROUNDSWELL_OPERATIONS_PORT: String(port) };
  return { GROUNDSWELL_ROLES: 'api,dispatch' };
}

/** Turn by turn the process that dispatches, and any; each is started again at once. */
async function killNowAndThen(
  places: readonly Place[],
  start: (place: Place) => Promise<void>,
  { killEveryMs, seed }: RideFaultsOptions,
  mark: (f: string, value: object) => void,
  signal: AbortSignal,
): Promise<RideFaultsOutcome['kills']> {
  const fraction = seededFraction(seed);
  const kills = { dispatchers: 0, others: 0 };
  for (let turn = 0; ; turn += 1) {
    await clock.sleep(killEveryMs / 2, signal);
    if (signal.aborted) return kills;
    const leader = turn % 2 === 0 ? await dispatcherAmong(places) : undefined;
    const victim = leader ?? places[Math.floor(fraction() * places.length)];
    if (victim === undefined) continue;
    mark('kill', { port: victim.port, dispatched: leader !== undefined });
    kills[leader === undefined ? 'others' : 'dispatchers'] += 1;
    await victim.server?.kill();
    await start(victim);
  }
}

async function dispatcherAmong(places: readonly Place[]): Promise<Place | undefined> {
  for (const place of places) {
    const answer = await fetch(`${place.server?.url}/metrics`).catch(() => undefined);
    const led = /^dispatch_cities (\d+)$/m.exec((await answer?.text()) ?? '')?.[1];
    if (Number(led) > 0) return place;
  }
  return undefined;
}

/** So many requests, one after the other, in a town whose rides are over soon. */
export function smallTown(requests: number, durationMs: number, seed: number): Demand {
  const draw = seededFraction(seed);
  const place = (by: () => number) => ({ lat: LAT + by() * DEGREES, lng: LNG + by() * DEGREES });
  return {
    requests: Array.from({ length: requests }, (_, number) => ({
      atMs: (number / requests) * durationMs,
      pickup: place(draw),
      dropoff: place(draw),
    })),
    ...{ beginsAtMs: 0, speed: 1, driverStart: place },
  };
}
