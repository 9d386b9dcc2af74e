/**
 * Some drivers and riders in New York, over the API as anybody uses it, for as long as the demo runs: whoever asks for a ride there gets
 * one, and the page of operations has something to show.
 */
import type { CityBox } from '../config/cities.ts';
import type { Clock, Randomness } from '../core/clock.ts';
import type { SqlStore } from '../ports/sql-store/sql-store.ts';
import { BEHAVIOUR, type Behaviour, drawsOf } from '../simulator/behaviour.ts';
import { createRoads } from '../simulator/car.ts';
import { generatedDemand, type RideDemand } from '../simulator/demand.ts';
import type { Person, RideCalls } from '../simulator/ride-calls.ts';
import { createRideJournal } from '../simulator/ride-journal.ts';
import { createSimulatedDriver, type SimulatedDriver } from '../simulator/simulated-driver.ts';
import { createSimulatedRiders, type SimulatedRiders } from '../simulator/simulated-riders.ts';
import { makeTownPeople } from '../simulator/town-people.ts';
import type { Cars } from '../simulator/town-roads.ts';
import { getRide } from '../systems/rides/requests/ride-requests-queries.ts';

export interface DemoTownDeps {
  readonly calls: RideCalls;
  readonly sql: SqlStore;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly signal: AbortSignal;
  readonly cars: Cars;
}

/** Where it is. */
export const MIDDLE = { lat: 40.755, lng: -73.983 };
const [DRIVERS, RIDERS] = [16, 8] as const;
const REQUESTS_PER_MINUTE = 2;
const DEMAND_MS = 24 * 3_600_000;
const LENGTHS = { leastM: 800, mostM: 4_000 };
const SEED = 3;
const TICK_MS = 250;
/** Nobody who looks at a demo waits a quarter of an hour for a car. */
const DRIVING = 4;
const PATIENT: Behaviour = {
  ...BEHAVIOUR,
  ...{ acceptShare: 1, ignoreShare: 0, driverCancelShare: 0 },
  thinkingMs: { least: 2_000, most: 5_000 },
  boardingMs: { least: 6_000, most: 12_000 },
};
const CARS = [
  { make: 'Toyota', model: 'Prius', colour: 'green' },
  { make: 'Kia', model: 'Niro', colour: 'white' },
  { make: 'Volvo', model: 'V60', colour: 'blue' },
  { make: 'Skoda', model: 'Octavia', colour: 'grey' },
] as const;
/** What draws are for, beside each driver's: riders, and where drivers begin. */
const [DRIVER_DRAWS, RIDER_DRAWS, START_DRAWS] = [1, 2, 3] as const;

export function isCityOfDemo({ south, west, north, east }: CityBox): boolean {
  return south <= MIDDLE.lat && MIDDLE.lat < north && west <= MIDDLE.lng && MIDDLE.lng < east;
}

/** Resolves when the signal aborts, or a day is over. */
export async function liveInTown(deps: DemoTownDeps): Promise<void> {
  const { calls, clock, randomness, signal } = deps;
  const prefix = `town${randomness.bytes(3).toString('hex')}`;
  const people = await makeTownPeople(deps, { prefix, drivers: DRIVERS, riders: RIDERS });
  for (const [number, driver] of people.drivers.entries()) await register(calls, driver, number);
  for (const rider of people.riders)
    await calls.call(rider, { method: 'PUT', path: '/payments/method', body: { token: 'sandbox_ok' } });
  const demand = generatedDemand({
    ...{ requestsPerMinute: REQUESTS_PER_MINUTE, durationMs: DEMAND_MS },
    ...{ seed: SEED, lengths: LENGTHS },
  });
  const beganMs = clock.monotonicMs();
  const nowMs = (): number => clock.monotonicMs() - beganMs;
  const { riders, drivers } = createTown(deps, people, demand.driverStart, nowMs);
  try {
    const left: RideDemand[] = demand.requests.toReversed();
    while (!signal.aborted && nowMs() < DEMAND_MS) {
      for (const driver of drivers) driver.tick(nowMs());
      riders.tick(nowMs());
      for (let next = left.at(-1); next !== undefined && next.atMs <= nowMs(); next = left.at(-1)) {
        left.pop();
        riders.ask(next);
      }
      await clock.sleep(TICK_MS, signal);
    }
  } finally {
    for (const driver of drivers) driver.close();
  }
}

async function register(calls: RideCalls, driver: Person, number: number): Promise<void> {
  const vehicle = { ...CARS[number % CARS.length], plate: `T${104_511 + 37 * number}C`, seats: 4 };
  const types = number % 3 === 0 ? ['economy', 'comfort'] : ['economy'];
  await calls.call(driver, {
    ...{ method: 'PUT', path: '/drivers/me' },
    body: { vehicle, ride_types: types },
  });
  await calls.call(driver, { method: 'PUT', path: '/drivers/me/state', body: { state: 'available' } });
}

interface Town {
  readonly riders: SimulatedRiders;
  readonly drivers: readonly SimulatedDriver[];
}

function createTown(
  { calls, clock, sql, cars }: DemoTownDeps,
  people: { readonly drivers: readonly Person[]; readonly riders: readonly Person[] },
  driverStart: ReturnType<typeof generatedDemand>['driverStart'],
  nowMs: () => number,
): Town {
  const journal = createRideJournal();
  const roads = createRoads({
    ...cars,
    beginsAtMs: 0,
    speed: 1,
    driving: DRIVING,
  });
  const shared = { calls, journal, behaviour: PATIENT, nowMs };
  const riders = createSimulatedRiders({
    ...{ ...shared, people: people.riders },
    draw: drawsOf(SEED, RIDER_DRAWS, 0),
  });
  const startDraw = drawsOf(SEED, START_DRAWS, 0);
  const drivers = people.drivers.map((person, number) =>
    createSimulatedDriver({
      ...{ ...shared, person, roads, clock, recorder: undefined },
      ...{ start: driverStart(startDraw), draw: drawsOf(SEED, DRIVER_DRAWS, number) },
      onDropped: () => undefined,
      // The visitor, who does not sit in the car, tells nobody the PIN: it is looked up.
      pinOf: async (rideId) => {
        const [ride] = await sql.query(getRide, [Number(person.userId), Number(rideId)]);
        return ride?.pin ?? undefined;
      },
    }),
  );
  return { riders, drivers };
}
