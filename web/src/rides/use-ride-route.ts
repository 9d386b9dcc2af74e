/** The way that a ride takes next, by the roads that the server knows. */
import { useEffect, useState } from 'preact/hooks';
import { get } from '../api/http.ts';
import type { Ride, RideRoute } from '../api/types.ts';
import { isOver } from '../state/rides.ts';
import type { Place } from './map/mercator.ts';

/** In a town a car has left some streets behind by then. */
const AGAIN_MS = 15_000;

/** `undefined`: there is none, or it is not there yet; then a straight line has to do. `hasPlace`: the driver's place is known here. */
export function useRideRoute(ride: Ride | undefined, hasPlace: boolean): readonly Place[] | undefined {
  const [way, setWay] = useState<{ readonly key: string; readonly places: readonly Place[] }>();
  const path = ride === undefined || isOver(ride) ? undefined : `/rides/${ride.ride_id}/route`;
  const key = `${path} ${ride?.status}`;
  useEffect(() => {
    if (path === undefined) return undefined;
    const ended = new AbortController();
    const ask = (): void => {
      get<RideRoute>(path, { signal: ended.signal })
        .then(({ route }) => {
          if (route !== null) setWay({ key, places: route.path.map(([lng, lat]) => ({ lat, lng })) });
        })
        // The line that was there stays.
        .catch(() => undefined);
    };
    ask();
    const timer = setInterval(ask, AGAIN_MS);
    return () => {
      clearInterval(timer);
      ended.abort();
    };
  }, [key, hasPlace]);
  return way?.key === key ? way.places : undefined;
}
