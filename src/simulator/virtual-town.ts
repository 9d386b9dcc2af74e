/**
 * The same town without a server and in virtual time: for what would have become of the same demand, with the same drivers, if requests
 * had been given to drivers in another way. It depends on the seed and on nothing else, and takes some seconds for ten minutes.
 */
import { distanceM, type GeoPoint } from '../core/geo.ts';
import { CANDIDATES_MAX } from '../systems/rides/dispatch/candidates.ts';
import { searchRadiusM } from '../systems/rides/dispatch/search-radius.ts';
import { pickupCost } from '../systems/rides/matching/pickup-cost.ts';
import { OFFER_MS } from '../systems/rides/offers/offers.ts';
import { GIVE_UP_MS } from '../systems/rides/requests/ride-requests.ts';
import { type Behaviour, boardingMs, cancelsAfterMs, drawsOf, driverCancels, wishOf } from './behaviour.ts';
import { isOver, type Leg, type Roads } from './car.ts';
import type { Demand } from './demand.ts';
import { POLICIES, type PolicyName, type PolicyRequest } from './policies.ts';
import { createRideJournal, type RideRecord } from './ride-journal.ts';

export interface VirtualTownOptions {
  readonly demand: Demand;
  readonly durationMs: number;
  readonly drivers: number;
  readonly seed: number;
  readonly behaviour: Behaviour;
  readonly roads: Roads;
  readonly policy: PolicyName;
}

export interface VirtualRun {
  readonly records: readonly RideRecord[];
  readonly driverIds: readonly string[];
  readonly totalMs: number;
}

const STEP_MS = 100;
/** Rides that are under way at the end are driven to their ends, for so long at most. */
const END_MS_MAX = 4 * 3_600_000;
const ANSWERS_COUNTED = 20;
const [DRIVER_DRAWS, RIDER_DRAWS, START_DRAWS] = [1, 2, 3] as const;

interface VirtualDriver {
  readonly driverId: number;
  readonly draw: () => number;
  place: GeoPoint;
  freeSinceMs: number;
  /** Of the last answers, whether it was yes. */
  answers: readonly boolean[];
  offer: VirtualOffer | undefined;
  ride: VirtualRide | undefined;
  leg: Leg | undefined;
  boardsMs: number;
}

interface VirtualOffer {
  readonly ride: VirtualRide;
  readonly wish: 'accept' | 'decline' | 'ignore';
  readonly atMs: number;
}

interface VirtualRide {
  readonly rideId: number;
  readonly record: RideRecord;
  readonly cancelMs: number;
  readonly refusedBy: Set<number>;
  openOffers: number;
}

export function runVirtualTown(options: VirtualTownOptions): VirtualRun {
  const { demand, durationMs, seed, behaviour, roads } = options;
  const policy = POLICIES[options.policy];
  const journal = createRideJournal();
  const startDraw = drawsOf(seed, START_DRAWS, 0);
  const riderDraw = drawsOf(seed, RIDER_DRAWS, 0);
  const drivers = Array.from({ length: options.drivers }, (_, number): VirtualDriver => {
    const [place, draw] = [demand.driverStart(startDraw), drawsOf(seed, DRIVER_DRAWS, number)];
    return {
      ...{ driverId: number, draw, place, freeSinceMs: 0, answers: [], offer: undefined },
      ...{ ride: undefined, leg: undefined, boardsMs: 0 },
    };
  });
  const waiting = new Set<VirtualRide>();
  const thinking = new Set<VirtualDriver>();
  const underWay = new Set<VirtualDriver>();
  let nowMs = 0;

  function ask(atMs: number, next: Demand['requests'][number]): void {
    const record = journal.ask(next, atMs);
    const cancelsMs = cancelsAfterMs(behaviour, riderDraw);
    const cancelMs = cancelsMs === undefined ? Number.POSITIVE_INFINITY : atMs + cancelsMs;
    const rideId = journal.records.length;
    waiting.add({ rideId, record, cancelMs, refusedBy: new Set(), openOffers: 0 });
  }

  function giveUp(): void {
    for (const ride of waiting) {
      const { record, cancelMs } = ride;
      const isLate = nowMs - record.requestedMs >= GIVE_UP_MS;
      if (!isLate && nowMs < cancelMs) continue;
      waiting.delete(ride);
      withdraw(ride);
      if (nowMs >= cancelMs) journal.end(record, nowMs, 'cancelled', 'rider');
      else journal.end(record, nowMs, 'unmatched', record.offers > 0 ? 'not_accepted' : 'no_driver');
    }
  }

  function withdraw(ride: VirtualRide): void {
    for (const driver of thinking) if (driver.offer?.ride === ride) forget(driver);
    ride.openOffers = 0;
  }

  function forget(driver: VirtualDriver): void {
    driver.offer = undefined;
    thinking.delete(driver);
  }

  function candidatesOf(
    { rideId, record, refusedBy }: VirtualRide,
    free: readonly VirtualDriver[],
  ): PolicyRequest {
    const { pickup } = record.demand;
    const radiusM = searchRadiusM(nowMs - record.requestedMs);
    const near = free
      .filter(({ driverId }) => !refusedBy.has(driverId))
      .map((driver) => ({ driver, meters: distanceM(driver.place, pickup) }))
      .filter(({ meters }) => meters <= radiusM)
      .sort((one, other) => one.meters - other.meters);
    const candidates = near.slice(0, CANDIDATES_MAX).map(({ driver }) => {
      const pickupS = roads.leg(driver.place, pickup, nowMs).durationMs / 1_000;
      const { answers, freeSinceMs, driverId } = driver;
      const taken = answers.filter((isTaken) => isTaken).length;
      const acceptance = answers.length === 0 ? undefined : taken / answers.length;
      const idleS = (nowMs - freeSinceMs) / 1_000;
      return { driverId, pickupS, cost: pickupCost({ pickupS, rating: undefined, acceptance, idleS }) };
    });
    return { rideId, candidates };
  }

  function match(): void {
    const due = [...waiting].filter(({ openOffers }) => openOffers === 0);
    if (due.length === 0) return;
    const free = drivers.filter(({ ride, offer }) => ride === undefined && offer === undefined);
    const byId = new Map(due.map((ride) => [ride.rideId, ride]));
    for (const { rideId, driverIds } of policy.match(due.map((ride) => candidatesOf(ride, free)))) {
      const ride = byId.get(rideId);
      for (const driverId of driverIds) if (ride !== undefined) offer(ride, drivers[driverId]);
    }
  }

  function offer(ride: VirtualRide, driver: VirtualDriver | undefined): void {
    if (driver === undefined) return;
    const { wish, afterMs } = wishOf(behaviour, driver.draw);
    driver.offer = { ride, wish, atMs: nowMs + (wish === 'ignore' ? OFFER_MS : afterMs) };
    thinking.add(driver);
    ride.refusedBy.add(driver.driverId);
    ride.openOffers += 1;
    ride.record.offers += 1;
    ride.record.offeredMs ??= nowMs;
  }

  function answer(): void {
    const due = [...thinking].filter(({ offer: open }) => open !== undefined && nowMs >= open.atMs);
    for (const driver of due.sort((one, other) => (one.offer?.atMs ?? 0) - (other.offer?.atMs ?? 0))) {
      // Whoever was before in this very step may have taken it.
      const own = driver.offer;
      if (own === undefined) continue;
      const accepts = own.wish === 'accept';
      forget(driver);
      driver.answers = [...driver.answers, accepts].slice(-ANSWERS_COUNTED);
      own.ride.openOffers -= 1;
      if (accepts) take(driver, own.ride);
    }
  }

  function take(driver: VirtualDriver, ride: VirtualRide): void {
    waiting.delete(ride);
    withdraw(ride);
    Object.assign(ride.record, { acceptedMs: nowMs, driverId: String(driver.driverId) });
    driver.ride = ride;
    driver.leg = roads.leg(driver.place, ride.record.demand.pickup, nowMs);
    underWay.add(driver);
  }

  function free(driver: VirtualDriver, place: GeoPoint): void {
    Object.assign(driver, { ride: undefined, leg: undefined, place, freeSinceMs: nowMs });
    underWay.delete(driver);
  }

  function drive(driver: VirtualDriver): void {
    const { ride, leg } = driver;
    if (ride === undefined || leg === undefined) return;
    const { record, cancelMs } = ride;
    if (record.startedMs === undefined && nowMs >= cancelMs) {
      journal.end(record, nowMs, 'cancelled', 'rider');
      free(driver, leg.from);
    } else if (!isOver(leg, nowMs)) return;
    else if (record.startedMs !== undefined) {
      journal.end(record, nowMs, 'completed');
      free(driver, leg.to);
    } else if (record.arrivedMs === undefined && driverCancels(behaviour, driver.draw)) {
      Object.assign(record, { acceptedMs: undefined, driverId: undefined });
      waiting.add(ride);
      free(driver, leg.to);
    } else if (record.arrivedMs === undefined) {
      record.arrivedMs = nowMs;
      driver.boardsMs = nowMs + boardingMs(behaviour, driver.draw);
    } else if (nowMs >= driver.boardsMs) {
      record.startedMs = nowMs;
      driver.leg = roads.leg(leg.to, record.demand.dropoff, nowMs);
    }
  }

  const left = demand.requests.toReversed();
  for (; nowMs < durationMs || (journal.open() > 0 && nowMs < durationMs + END_MS_MAX); nowMs += STEP_MS) {
    for (let next = left.at(-1); next !== undefined && next.atMs <= nowMs; next = left.at(-1)) {
      left.pop();
      ask(nowMs, next);
    }
    if (waiting.size > 0) {
      giveUp();
      if (nowMs % policy.everyMs === 0) match();
      answer();
    }
    for (const driver of underWay) drive(driver);
  }
  return {
    ...{ records: journal.records, totalMs: nowMs },
    driverIds: drivers.map(({ driverId }) => String(driverId)),
  };
}
