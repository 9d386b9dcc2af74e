/** The system `rides` as the roles run it. */
import { ConfigError } from '../config/config.ts';
import { type FareSetting, fareProblems } from '../config/fares.ts';
import { answersFor } from '../config/systems.ts';
import type { OwnChannel } from '../core/own-state.ts';
import type { Writes } from '../http/idempotency.ts';
import type { Accounts } from '../systems/accounts/accounts.ts';
import { CITY_SCHEMAS, citiesRoutes } from '../systems/rides/cities/cities-routes.ts';
import type { Dispatch } from '../systems/rides/dispatch/dispatch.ts';
import { RIDE_TYPES, type RideType } from '../systems/rides/drivers/driver.ts';
import { DRIVER_SCHEMAS, driversRoutes } from '../systems/rides/drivers/drivers-routes.ts';
import type { FareEntry } from '../systems/rides/fares/fare-rates.ts';
import { OFFER_SCHEMAS, offersRoutes } from '../systems/rides/offers/offers-routes.ts';
import { operationsRoutes } from '../systems/rides/operations/operations-routes.ts';
import { OPERATIONS_SCHEMAS } from '../systems/rides/operations/operations-schema-routes.ts';
import { QUOTE_SCHEMAS, quotesRoutes } from '../systems/rides/quotes/quotes-routes.ts';
import { RideRatingSchema, ratingsRoutes } from '../systems/rides/ratings/ratings-routes.ts';
import type { CheckDebt } from '../systems/rides/requests/ride-requests.ts';
import { rideRequestsRoutes } from '../systems/rides/requests/ride-requests-routes.ts';
import { createRideView, RideSchema, type RideView } from '../systems/rides/requests/ride-schema-routes.ts';
import { createRides, type Rides } from '../systems/rides/rides.ts';
import { driverStreamRoutes } from '../systems/rides/stream/driver-stream-routes.ts';
import { StreetsSchema, streetsRoutes } from '../systems/rides/streets/streets-routes.ts';
import { SURGE_SCHEMAS, surgeRoutes } from '../systems/rides/surge/surge-routes.ts';
import type { RideTracking } from '../systems/rides/tracking/ride-tracking.ts';
import { RideRouteSchema, rideWayRoutes } from '../systems/rides/travel/ride-way-routes.ts';
import { tripsRoutes } from '../systems/rides/trips/trips-routes.ts';
import { createDispatchMetrics } from '../telemetry/dispatch-metrics.ts';
import { createDriverMetrics } from '../telemetry/driver-metrics.ts';
import { createRideMetrics } from '../telemetry/ride-metrics.ts';
import { createSurgeMetrics } from '../telemetry/surge-metrics.ts';
import type { ComposedSystem, ProductDeps } from './composed-system.ts';

export interface ComposeRidesDeps
  extends Pick<ProductDeps, 'config' | 'ports' | 'clock' | 'randomness' | 'log' | 'metrics'> {
  readonly accounts: Pick<Accounts, 'sessions' | 'authenticator' | 'users'>;
  readonly writes: Writes;
  /** How users are told of their rides. */
  readonly channel: OwnChannel;
  readonly checkDebt: CheckDebt;
}

export interface ComposedRides extends ComposedSystem {
  readonly rides: Pick<Rides, 'requests' | 'costs' | 'surge' | 'priceAudit'>;
  readonly view: RideView;
  readonly dispatch: Dispatch;
  /** What there is to tell a user of their ride who has just connected. */
  readonly statesOf: RideTracking['statesOf'];
}

export function composeRides(deps: ComposeRidesDeps): ComposedRides {
  const { accounts, config, ports, metrics, writes } = deps;
  const observer = createDriverMetrics(metrics.registry);
  const rideObserver = createRideMetrics(metrics.registry);
  const dispatchObserver = createDispatchMetrics(metrics.registry);
  const rides = createRides({
    ...deps,
    ...ports,
    observer,
    dispatchObserver,
    rideObserver,
    cities: config.rides.cities,
    fares: faresOf(config.rides),
    surgeLevels: config.rides.surgeLevels,
    surgeRetentionDays: config.rides.surgeRetentionDays,
    surgeObserver: createSurgeMetrics(metrics.registry),
    ratingAbove: config.rides.ratingAbove,
    positionRetentionDays: config.rides.positionRetentionDays,
    endedSessions: accounts.sessions.endedAmong,
    presentRide: (ride, userId) => view.showRide(ride, userId),
  });
  const { drivers, streams, requests, offers, trips, cancellations, ratings, whereIs, dispatch } = rides;
  const { ways, prices, quotes, surge, cities, fares, operations } = rides;
  const view = createRideView({ getUsers: accounts.users.getUsers, whereIs });
  observer.watchStreams(streams.connections);
  rideObserver.watchDriven(rides.driven);
  dispatchObserver.watchLed(dispatch.led);
  metrics.watchQueue('driver-positions', rides.waiting);
  accounts.authenticator.onRevoked(streams.sessionsChanged);
  return {
    name: 'rides',
    ...{ rides, view, dispatch },
    statesOf: rides.tracking.statesOf,
    schemas: [
      ...DRIVER_SCHEMAS,
      ...QUOTE_SCHEMAS,
      ...SURGE_SCHEMAS,
      ...CITY_SCHEMAS,
      ...OPERATIONS_SCHEMAS,
      RideSchema,
      RideRatingSchema,
      RideRouteSchema,
      StreetsSchema,
      ...OFFER_SCHEMAS,
    ],
    routes(app) {
      driversRoutes(app, { drivers, sql: ports.sql, writes });
      driverStreamRoutes(app, { streams });
      offersRoutes(app, { offers, writes });
      citiesRoutes(app, { cities, fares });
      streetsRoutes(app, ports);
      surgeRoutes(app, { board: surge.board, cities });
      operationsRoutes(app, { operations });
      quotesRoutes(app, { prices, quotes, writes });
      rideRequestsRoutes(app, { requests, quotes, sql: ports.sql, writes, view });
      rideWayRoutes(app, { requests, ways, sql: ports.sql });
      tripsRoutes(app, { trips, cancellations, whereIs, writes, view });
      ratingsRoutes(app, { ratings, writes });
    },
    // Whom nobody can reach has nobody to tell.
    tails: [
      ...(answersFor(config, 'rides') ? rides.tails : []),
      // Riders are told by the processes to which they are connected.
      ...(answersFor(config, 'live') ? [rides.tracking.tail] : []),
    ],
    subscriptions: rides.subscriptions,
    jobs: rides.jobs,
    drain: streams.drain,
    close: rides.close,
  };
}

/** Which types of rides there are, the configuration does not know. */
function faresOf({ fares, cities }: ComposeRidesDeps['config']['rides']): readonly FareEntry[] {
  const problems = fareProblems(fares, cities, RIDE_TYPES);
  if (problems.length > 0) throw new ConfigError(problems);
  return fares.filter(isOfRideType);
}

function isOfRideType(fare: FareSetting): fare is FareSetting & { readonly rideType: RideType } {
  return RIDE_TYPES.some((type) => type === fare.rideType);
}
