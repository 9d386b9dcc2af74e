/** Where a ride begins and ends, in JSON. */
import { Type } from 'typebox';
import { RIDE_TYPES } from '../drivers/driver.ts';
import { RIDE_M_MAX } from './quote.ts';

const Place = (description: string) =>
  Type.Object(
    { lat: Type.Number({ minimum: -90, maximum: 90 }), lng: Type.Number({ minimum: -180, maximum: 180 }) },
    { additionalProperties: false, description },
  );
export const Pickup = Place('Where the rider waits, in degrees.');
export const Dropoff = Place(`Where the rider goes, at most ${RIDE_M_MAX / 1_000} km away.`);
export const RideTypeText = Type.Enum([...RIDE_TYPES]);
