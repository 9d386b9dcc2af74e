/** A ride, for whoever wants one: from where, to where, for how much; then where the driver is, until it is paid and rated. */
import { useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { type Problem, toProblem } from '../../api/problem.ts';
import type { Ride } from '../../api/types.ts';
import { useGlide } from '../../rides/glide.ts';
import type { MapLine } from '../../rides/map/map-drawing.ts';
import {
  type Box,
  boxAround,
  centredOn,
  middlePart,
  type Place,
  type View,
} from '../../rides/map/mercator.ts';
import { type MapMark, RideMap } from '../../rides/map/ride-map.tsx';
import { useCities } from '../../rides/use-cities.ts';
import { useRideRoute } from '../../rides/use-ride-route.ts';
import { useSurge } from '../../rides/use-surge.ts';
import { driverPlace, followRides, isOver, loadOwnRide, ownRide } from '../../state/rides.ts';
import { isSignedIn } from '../../state/session.ts';
import { PageHead } from '../../ui/page.tsx';
import { SignInFirst } from '../../ui/sign-in-first.tsx';
import { Failure, Skeleton } from '../../ui/states.tsx';
import { EndedRide } from './ended-ride.tsx';
import { NewRide, type Wish } from './new-ride.tsx';
import { RunningRide } from './running-ride.tsx';
import './rides.css';

export function RidePage() {
  return isSignedIn.value ? <RiderScreen /> : <SignInFirst title="Ride" what="where a ride can take you" />;
}

/** Who has a ride has a price. */
const NO_CELLS: readonly never[] = [];
/** A driver of whom nothing was heard for so long may be elsewhere. */
const STALE_MS = 15_000;
/** Some ten kilometers. */
const HOME_DEGREES = 0.1;

function RiderScreen() {
  const [problem, setProblem] = useState<Problem>();
  const [isDismissed, setDismissed] = useState<string>();
  const view = useSignal<View | undefined>(undefined);
  const wish = useSignal<Wish>({ step: 'pickup', pickup: undefined, dropoff: undefined });
  const cities = useCities();
  const { cells, surge } = useSurge(view, 'economy');
  const ride = ownRide.value;
  const load = () => loadOwnRide().catch((error: unknown) => setProblem(toProblem(error)));
  useEffect(() => {
    void load();
    return followRides(loadOwnRide);
  }, []);

  const shown = ride !== null && ride !== undefined && ride.ride_id !== isDismissed ? ride : undefined;
  const isChoosing = shown === undefined || (isOver(shown) && shown.status !== 'completed' && isOld(shown));
  const current = isChoosing ? undefined : shown;
  const route = useRideRoute(current, driverPlace.value !== undefined);
  const marks = useMarks(current, wish.value);
  const home = homeOf(marks, cities[0]);
  const isAiming = current === undefined && wish.value.step !== 'price';
  const sheet = useKeptFocus(current === undefined ? 'choosing' : isOver(current) ? 'over' : 'running');

  return (
    <div class="ride-screen">
      <PageHead title="Ride" isRoot>
        <a class="button button-quiet" href="/rides">
          Your rides
        </a>
        <a class="button button-quiet" href="/drive">
          Drive
        </a>
      </PageHead>
      <div class="ride-layout">
        <RideMap
          label="Map of your ride"
          view={view}
          onView={(seen) => {
            view.value = seen;
          }}
          marks={marks}
          lines={linesOf(current, wish.value, route)}
          borders={cities}
          cells={current === undefined ? cells : NO_CELLS}
          isAiming={isAiming}
          home={home}
          homeKey={current?.status ?? (isAiming ? 'choosing' : 'chosen')}
          onTap={(place) => {
            if (view.value !== undefined) view.value = centredOn(view.value, place);
          }}
        />
        <section class="ride-sheet" aria-label="Your ride" tabIndex={-1} ref={sheet}>
          {ride === undefined && problem === undefined && <Skeleton rows={2} />}
          {problem !== undefined && ride === undefined && (
            <Failure what="Your ride could not be loaded" problem={problem} onRetry={() => void load()} />
          )}
          {ride !== undefined && current === undefined && (
            <NewRide wish={wish} view={view} cities={cities} surge={surge} />
          )}
          {current !== undefined && !isOver(current) && <RunningRide ride={current} />}
          {current !== undefined && isOver(current) && (
            <EndedRide ride={current} onDone={() => setDismissed(current.ride_id)} />
          )}
        </section>
      </div>
    </div>
  );
}

/** Has the focus where what had it went with the phase before, such as the button that asked for the ride. */
function useKeptFocus(phase: string): RefObject<HTMLElement | null> {
  const sheet = useRef<HTMLElement>(null);
  const focusedFor = useRef(phase);
  useLayoutEffect(() => {
    if (focusedFor.current !== phase && document.activeElement === document.body)
      sheet.current?.focus({ preventScroll: true });
    focusedFor.current = phase;
  }, [phase]);
  return sheet;
}

/** What ended long ago is history: a new one is wanted. */
function isOld({ ended_at: endedAt }: Ride): boolean {
  return endedAt !== null && Date.now() - Date.parse(endedAt) > 10 * 60_000;
}

function useMarks(ride: Ride | undefined, wish: Wish): readonly MapMark[] {
  const [nowMs, setNowMs] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 5_000);
    return () => clearInterval(timer);
  }, []);
  const heard = ride !== undefined && !isOver(ride) ? placeOfDriver(ride) : undefined;
  const driver = useGlide(heard);
  const { pickup, dropoff } = ride ?? wish;
  const marks: MapMark[] = [];
  if (pickup !== undefined && ride?.status !== 'started')
    marks.push({ key: 'pickup', kind: 'pickup', label: 'Pickup', place: pickup });
  if (dropoff !== undefined)
    marks.push({ key: 'dropoff', kind: 'dropoff', label: 'Drop-off', place: dropoff });
  if (driver !== undefined && heard !== undefined) {
    const ageMs = nowMs - Date.parse(heard.at);
    const isStale = ageMs > STALE_MS;
    const label = isStale ? `Driver, ${Math.round(ageMs / 1_000)} s ago` : 'Driver';
    marks.push({ key: 'driver', kind: 'driver', label, place: driver, isStale });
  }
  return marks;
}

function placeOfDriver(ride: Ride): (Place & { readonly at: string }) | undefined {
  const live = driverPlace.value;
  if (live?.ride_id === ride.ride_id) return live;
  return ride.driver_position ?? undefined;
}

/** By roads, as soon as they are known: to the pickup the way of the driver, too. */
function linesOf(
  ride: Ride | undefined,
  wish: Wish,
  route: readonly Place[] | undefined,
): readonly MapLine[] {
  const { pickup, dropoff } = ride ?? wish;
  if (pickup === undefined || dropoff === undefined) return [];
  const state = ride?.status === 'started' ? 'active' : ride?.status === 'completed' ? 'done' : 'pending';
  const straight: MapLine = { places: [pickup, dropoff], state };
  if (route === undefined) return [straight];
  const isToPickup = ride?.status === 'accepted' || ride?.status === 'arriving';
  return isToPickup ? [straight, { places: route, state: 'active' }] : [{ places: route, state }];
}

/** Until there is a way to show, the middle of the city: all of it would be too much to find a place in. */
function homeOf(marks: readonly MapMark[], city: Box | undefined): Box | undefined {
  if (marks.length > 1) return boxAround(marks.map(({ place }) => place));
  return city && middlePart(city, HOME_DEGREES);
}
