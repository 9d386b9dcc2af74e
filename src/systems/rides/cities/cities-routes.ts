/** Where there are rides, and what kinds: for the maps of apps. */
import { Type } from 'typebox';
import { reference } from '../../../http/openapi.ts';
import type { App } from '../../../http/server.ts';
import { RIDE_TYPES } from '../drivers/driver.ts';
import type { FareTable } from '../fares/fare-rates.ts';
import type { Cities, City } from './cities.ts';

export interface CitiesRoutesDeps {
  readonly cities: Cities;
  readonly fares: FareTable;
}

const Degrees = Type.Number({ minimum: -180, maximum: 180 });

export const CitySchema = Type.Object(
  {
    name: Type.String(),
    south: Degrees,
    west: Type.Number({
      minimum: -180,
      maximum: 180,
      description: 'East of `east` across the antimeridian.',
    }),
    north: Degrees,
    east: Degrees,
    ride_types: Type.Array(
      Type.Object({
        ride_type: Type.Enum([...RIDE_TYPES]),
        currency: Type.String({ description: 'ISO 4217.', examples: ['USD'] }),
      }),
    ),
  },
  { $id: 'City', title: 'City' },
);

export const CITY_SCHEMAS = [CitySchema] as const;

export function citiesRoutes(app: App, { cities, fares }: CitiesRoutesDeps): void {
  app.get(
    '/rides/cities',
    {
      config: { access: 'user' },
      schema: {
        tags: ['rides'],
        summary: 'Where there are rides',
        description: 'A place is in the first city whose box it is in; in none, nobody drives there.',
        operationId: 'listCities',
        response: { 200: Type.Object({ items: Type.Array(reference(CitySchema)) }) },
      },
    },
    () => ({ items: cities.all.map((city) => presentCity(city, fares)) }),
  );
}

function presentCity({ name, south, west, north, east }: City, fares: FareTable) {
  const offered = RIDE_TYPES.flatMap((type) => {
    const rates = fares.ratesOf(name, type);
    return rates === undefined ? [] : [{ ride_type: type, currency: rates.currency }];
  });
  return { name, south, west, north, east, ride_types: offered };
}
