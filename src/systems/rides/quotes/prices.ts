/** Prices: where rides are offered, how far they are, and what they cost there now. */
import type { Clock } from '../../../core/clock.ts';
import { invalidField } from '../../../core/errors.ts';
import { distanceM, type GeoPoint } from '../../../core/geo.ts';
import type { RouteEstimate, Routing } from '../../../ports/routing/routing.ts';
import type { Cities, City } from '../cities/cities.ts';
import { RIDE_TYPES, type RideType } from '../drivers/driver.ts';
import { fareOf } from '../fares/fare.ts';
import type { FareRates, FareTable } from '../fares/fare-rates.ts';
import { degreesE7 } from '../positions/binary-points.ts';
import { type Places, type Price, RIDE_M_MAX, type SurgeAt } from './quote.ts';

export interface Prices {
  /**
   * Of the type, or of all types that the city has. Fails with `invalid` for places and types that rides are not offered
   * for. Not to be called inside of a transaction.
   */
  of(places: Places, rideType: RideType | undefined): Promise<readonly Price[]>;
}

export interface PricesDeps {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly cities: Cities;
  readonly fares: FareTable;
  readonly routing: Pick<Routing, 'estimate'>;
  readonly surgeAt: SurgeAt;
  /** For metrics. */
  readonly onPrice: (rideType: RideType, surgePercent: number) => void;
}

export function createPrices({ clock, cities, fares, routing, surgeAt, onPrice }: PricesDeps): Prices {
  function ratesOf(city: City, rideType: RideType | undefined): readonly (readonly [RideType, FareRates])[] {
    const types = rideType === undefined ? RIDE_TYPES : [rideType];
    const offered = types.flatMap((type) => {
      const rates = fares.ratesOf(city.name, type);
      return rates === undefined ? [] : [[type, rates] as const];
    });
    if (offered.length > 0) return offered;
    if (rideType === undefined) throw invalidField('pickup', 'must be in a city where rides are offered.');
    throw invalidField('ride_type', `must be one that is offered there: ${rideType} is not.`);
  }

  async function wayOf({ pickup, dropoff }: Places): Promise<RouteEstimate> {
    const way = await routing.estimate(pickup, dropoff, clock.nowMs());
    if (typeof way === 'object') return way;
    throw invalidField('dropoff', 'must be a place to which a road leads from the pickup.');
  }

  return {
    async of(places, rideType) {
      const city = cityOf(cities, places);
      const offered = ratesOf(city, rideType);
      const route = await wayOf(places);
      return Promise.all(
        offered.map(async ([type, rates]) => {
          const surge = await surgeAt(city.name, type, places.pickup);
          const fare = fareOf(rates, route, surge.percent);
          onPrice(type, surge.percent);
          return { ...places, ...route, city: city.name, rideType: type, rates, surge, fare };
        }),
      );
    },
  };
}

function cityOf(cities: Cities, { pickup, dropoff }: Places): City {
  const city = cities.cityOf(pickup);
  if (city === undefined) throw invalidField('pickup', 'must be in a city where drivers drive.');
  if (isSamePlace(pickup, dropoff)) throw invalidField('dropoff', 'must be another place than the pickup.');
  if (distanceM(pickup, dropoff) > RIDE_M_MAX) {
    throw invalidField('dropoff', `must be within ${RIDE_M_MAX / 1_000} km of the pickup.`);
  }
  return city;
}

const [TURN_E7, POLE_E7] = [3_600_000_000, 900_000_000];

/** To the centimetre, as they are kept: at the antimeridian, and at the poles, also by other longitudes. */
export function isSamePlace(one: GeoPoint, other: GeoPoint): boolean {
  const latE7 = degreesE7(one.lat);
  if (latE7 !== degreesE7(other.lat)) return false;
  const acrossE7 = degreesE7(one.lng) - degreesE7(other.lng);
  return acrossE7 % TURN_E7 === 0 || Math.abs(latE7) === POLE_E7;
}
