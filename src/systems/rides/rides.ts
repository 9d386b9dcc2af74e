/** The system `rides`: drivers, where they are, who asks for a ride, and who is offered it. */
import type { Clock, Randomness } from '../../core/clock.ts';
import type { Id, IdGenerator } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { OwnChannel } from '../../core/own-state.ts';
import type { EventLog, Subscription, TailFollower } from '../../ports/event-log/event-log.ts';
import type { GeoIndex } from '../../ports/geo-index/geo-index.ts';
import type { Routing } from '../../ports/routing/routing.ts';
import type { SqlStore } from '../../ports/sql-store/sql-store.ts';
import type { Log } from '../../telemetry/log.ts';
import { type Cities, type City, createCities } from './cities/cities.ts';
import { createRideCosts, type RideCosts } from './costs/ride-costs.ts';
import { createBatchLog } from './dispatch/batch-log.ts';
import { createDispatch, type Dispatch } from './dispatch/dispatch.ts';
import { createDispatchLeases } from './dispatch/dispatch-leases.ts';
import type { DispatchObserver } from './dispatch/dispatch-observer.ts';
import { createDriverPresence } from './dispatch/driver-presence.ts';
import { createDriverContacts } from './drivers/driver-contacts.ts';
import { createDriverErasure } from './drivers/driver-erasure.ts';
import { createDrivers, type Drivers } from './drivers/drivers.ts';
import { createFareTable, type FareEntry, type FareTable } from './fares/fare-rates.ts';
import { forgetOffersJob } from './offers/offer-retention.ts';
import { createOffers, type Offers } from './offers/offers.ts';
import { createDriverCounts, type DriverCounts } from './operations/driver-counts.ts';
import { createOperations, type Operations } from './operations/operations.ts';
import { createRideFigures } from './operations/ride-figures.ts';
import { forgetPositionsJob, lastPositionOf, positionHistory } from './positions/position-history.ts';
import { createPositionRecorder } from './positions/position-recorder.ts';
import { createPriceAudit, type PriceAudit } from './quotes/price-audit.ts';
import { createPrices, type Prices } from './quotes/prices.ts';
import { createQuotes, type Quotes } from './quotes/quotes.ts';
import { createRatings, type Ratings } from './ratings/ratings.ts';
import { type CheckDebt, createRideRequests, type RideRequests } from './requests/ride-requests.ts';
import type { DriverObserver } from './stream/driver-observer.ts';
import { createDriverStreams, type DriverStreams } from './stream/driver-streams.ts';
import { createSurge, type Surge } from './surge/surge.ts';
import type { SurgeObserver } from './surge/surge-observer.ts';
import type { SurgeLevel } from './surge/surge-rules.ts';
import { createDrivenRides } from './tracking/driven-rides.ts';
import { createRidePositions } from './tracking/ride-positions.ts';
import { createRideTracking, type RideTracking, type RideTrackingDeps } from './tracking/ride-tracking.ts';
import { createRideWays, type RideWays } from './travel/ride-way.ts';
import type { TimedPoint } from './trips/arrival.ts';
import { type Cancellations, createCancellations } from './trips/cancellations.ts';
import type { RideObserver } from './trips/ride-observer.ts';
import { createTrips, type Trips } from './trips/trips.ts';

export interface RidesDeps {
  readonly sql: SqlStore;
  readonly ids: IdGenerator;
  readonly eventLog: EventLog;
  readonly geoIndex: GeoIndex;
  /** Has an answer at any time, if need be by the great circle. */
  readonly routing: Routing;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  readonly observer: DriverObserver;
  readonly dispatchObserver: DispatchObserver;
  readonly rideObserver: RideObserver;
  readonly cities: readonly City[];
  readonly fares: readonly FareEntry[];
  /** The first is that without surge. One alone: there is no surge. */
  readonly surgeLevels: readonly SurgeLevel[];
  readonly surgeRetentionDays: number;
  readonly surgeObserver: SurgeObserver;
  /** Of drivers who are offered rides; those who are not rated yet are, too. */
  readonly ratingAbove: number;
  readonly positionRetentionDays: number;
  /** Those of the sessions that have ended, or whose users are suspended or gone. */
  readonly endedSessions: (sessionIds: readonly Id[]) => Promise<ReadonlySet<Id>>;
  /** How riders are told of their rides. */
  readonly channel: OwnChannel;
  readonly presentRide: RideTrackingDeps['present'];
  readonly checkDebt: CheckDebt;
  readonly contactGraceMs?: number;
  readonly serverSilentMs?: number;
  readonly streamsMax?: number;
}

export interface Rides {
  readonly drivers: Drivers;
  readonly streams: DriverStreams;
  readonly requests: RideRequests;
  readonly prices: Prices;
  readonly quotes: Quotes;
  readonly surge: Surge;
  readonly priceAudit: PriceAudit;
  readonly operations: Operations;
  /** What each process tells the others of its drivers. */
  readonly driverCounts: DriverCounts;
  readonly cities: Cities;
  readonly fares: FareTable;
  readonly offers: Offers;
  readonly trips: Trips;
  readonly cancellations: Cancellations;
  readonly ratings: Ratings;
  readonly ways: RideWays;
  /** Where a driver was last, as far as is known here. */
  whereIs(driverId: Id): Promise<TimedPoint | undefined>;
  /** Rides whose drivers are connected to this process. */
  driven(): number;
  /** Of a process to which riders are connected. */
  readonly tracking: RideTracking;
  /** Of a process that serves drivers. */
  readonly tails: readonly TailFollower[];
  readonly costs: RideCosts;
  /** Of all drivers in the geo-index: of those who are connected to this process, where it is not shared. */
  readonly dispatch: Dispatch;
  readonly subscriptions: readonly Subscription[];
  readonly jobs: readonly Job[];
  /** Positions that are to be recorded. */
  waiting(): number;
  close(): Promise<void>;
}

export function createRides(deps: RidesDeps): Rides {
  const { geoIndex, randomness, positionRetentionDays: retentionDays } = deps;
  const serverId = randomness.uuid();
  const contacts = createDriverContacts({ ...deps, serverId });
  const recorder = createPositionRecorder(deps);
  const cities = createCities(deps.cities);
  const fares = createFareTable(deps.fares);
  const trips = createTrips(deps);
  const ratings = createRatings(deps);
  const cancellations = createCancellations(deps);
  const ridePositions = createRidePositions(deps);
  const driven = createDrivenRides({ ...deps, trips, positions: ridePositions });
  const tracking = createRideTracking({ ...deps, present: deps.presentRide });
  const streams = createDriverStreams({ ...deps, contacts, recorder, cities, driven });
  const batches = createBatchLog(deps);
  const leases = createDispatchLeases({
    ...deps,
    ...{
      batches,
      cities: cities.all.map(({ name }) => name),
      holder: serverId,
      onChange: deps.dispatchObserver.lease,
    },
  });
  const surge = createSurge({
    ...{ ...deps, leases, cities, freeDrivers: streams.free, serverId, shared: geoIndex.shared },
    ...{ levels: deps.surgeLevels, observer: deps.surgeObserver },
  });
  const prices = createPrices({
    ...{ ...deps, cities, fares },
    surgeAt: surge.board.at,
    onPrice: deps.surgeObserver.quoted,
  });
  const quotes = createQuotes({ ...deps, prices });
  const requests = createRideRequests({ ...deps, quotes });
  const offers = createOffers(deps);
  const dispatch = createDispatch({
    ...deps,
    ...{ leases, offers, batches, observer: deps.dispatchObserver },
    hasDrivers: geoIndex.shared
      ? createDriverPresence({ ...deps, contacts })
      : () => streams.connections() > 0,
  });
  const driverCounts = createDriverCounts({ ...deps, cities, serverId, onDuty: streams.onDuty });
  const operations = createOperations({
    ...{ ...deps, cities, counts: driverCounts, figures: createRideFigures(deps) },
  });
  const whereIs = async (driverId: Id): Promise<TimedPoint | undefined> =>
    driven.lastPoint(driverId) ?? (await lastPositionOf(deps.sql, driverId))?.last;
  const erasure = createDriverErasure({ ...deps, abandonRides: cancellations.abandon });
  return {
    drivers: createDrivers(deps),
    ...{ streams, requests, offers, dispatch, trips, cancellations, tracking, ratings },
    ...{ prices, quotes, surge, cities, fares, priceAudit: createPriceAudit(deps) },
    ...{ operations, driverCounts },
    costs: createRideCosts(deps.sql),
    ways: createRideWays({ ...deps, whereIs }),
    whereIs,
    driven: driven.count,
    tails: [streams.tail, driven.tail],
    subscriptions: [positionHistory, erasure.subscription, requests.subscription, ratings.subscription],
    jobs: [
      ...contacts.jobs,
      erasure.job,
      requests.job,
      quotes.job,
      ...cancellations.jobs,
      surge.job,
      driverCounts.job,
      offers.job,
      forgetOffersJob(deps),
      forgetPositionsJob({ ...deps, retentionDays }),
    ],
    waiting: recorder.waiting,
    async close() {
      await surge.close();
      await driverCounts.close();
      await streams.close();
      await ridePositions.close();
      await recorder.close();
    },
  };
}
