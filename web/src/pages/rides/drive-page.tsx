/** Driving: on and off duty, offers with the seconds that are left, and the ride that one drives, a step at a time. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, put } from '../../api/http.ts';
import { Problem, toProblem } from '../../api/problem.ts';
import type { Driver, Ride } from '../../api/types.ts';
import type { MapLine } from '../../rides/map/map-drawing.ts';
import { boxAround, type Place, type View } from '../../rides/map/mercator.ts';
import { type MapMark, RideMap } from '../../rides/map/ride-map.tsx';
import { useCities } from '../../rides/use-cities.ts';
import { useRideRoute } from '../../rides/use-ride-route.ts';
import { drivenRide, followRides, isOver, loadDrivenRide } from '../../state/rides.ts';
import { isSignedIn } from '../../state/session.ts';
import { Button } from '../../ui/button.tsx';
import { PageHead } from '../../ui/page.tsx';
import { SignInFirst } from '../../ui/sign-in-first.tsx';
import { Failure, Skeleton } from '../../ui/states.tsx';
import { DrivenRide } from './driven-ride.tsx';
import { deskGoal, deskPlace } from './driver-place.ts';
import { offer } from './driver-socket.ts';
import { OfferCard } from './offer-card.tsx';
import { type Duty, useDuty } from './use-duty.ts';
import { VehicleForm } from './vehicle-form.tsx';
import './rides.css';

export function DrivePage() {
  return isSignedIn.value ? <DriverScreen /> : <SignInFirst title="Drive" what="who wants to ride" />;
}

function DriverScreen() {
  const [driver, setDriver] = useState<Driver | null>();
  const [problem, setProblem] = useState<Problem>();
  const load = (): void => {
    setProblem(undefined);
    get<Driver>('/drivers/me')
      .then(setDriver)
      .catch((error: unknown) => {
        if (error instanceof Problem && error.status === 404) setDriver(null);
        else setProblem(toProblem(error));
      });
  };
  useEffect(load, []);
  if (driver !== null && driver !== undefined) return <Driving driver={driver} onChange={setDriver} />;
  return (
    <>
      <PageHead title="Drive" />
      {driver === null && <VehicleForm driver={undefined} onSaved={setDriver} />}
      {driver === undefined && problem === undefined && <Skeleton rows={2} />}
      {problem !== undefined && (
        <Failure what="What you drive could not be loaded" problem={problem} onRetry={load} />
      )}
    </>
  );
}

interface DrivingProps {
  readonly driver: Driver;
  readonly onChange: (driver: Driver) => void;
}

function Driving({ driver, onChange }: DrivingProps) {
  const view = useSignal<View | undefined>(undefined);
  const cities = useCities();
  const [isEditing, setEditing] = useState(false);
  useEffect(() => {
    loadDrivenRide().catch(() => undefined);
    return followRides(loadDrivenRide);
  }, []);
  const latest = useRef({ driver, onChange });
  latest.current = { driver, onChange };
  const isOnDuty = driver.state !== 'non_operational' && driver.state !== 'removed';
  const duty = useDuty(isOnDuty, {
    startAt: () => middleOf(cities[0]),
    onState(state) {
      latest.current.onChange({ ...latest.current.driver, state });
      void loadDrivenRide().catch(() => undefined);
    },
  });
  const ride = drivenRide.value;
  const current = ride !== null && ride !== undefined && !isOver(ride) ? ride : undefined;
  const route = useRideRoute(current, duty.place !== undefined);
  const marks = marksOf(duty.place, current);
  const home = marks.length > 0 ? boxAround(marks.map(({ place }) => place)) : cities[0];

  return (
    <div class="ride-screen">
      <PageHead title="Drive" isRoot>
        <a class="button button-quiet" href="/ride">
          Ride
        </a>
        {current === undefined && (
          <Button tone="quiet" onClick={() => setEditing(!isEditing)}>
            Vehicle
          </Button>
        )}
      </PageHead>
      {isEditing ? (
        <VehicleForm
          driver={driver}
          onSaved={(saved) => {
            onChange(saved);
            setEditing(false);
          }}
        />
      ) : (
        <div class="ride-layout">
          <RideMap
            label="Map of where you drive"
            view={view}
            onView={(seen) => {
              view.value = seen;
            }}
            marks={marks}
            lines={linesOf(duty.place, current, route)}
            borders={cities}
            home={home}
            homeKey={current?.status ?? `${duty.place !== undefined}`}
            onTap={(place) => {
              if (duty.isDesk) deskGoal.value = place;
            }}
          />
          <section class="ride-sheet" aria-label="Your duty">
            {offer.value !== undefined && duty.place !== undefined && current === undefined && (
              <OfferCard offer={offer.value} from={duty.place} />
            )}
            {current !== undefined && <DrivenRide ride={current} place={duty.place} />}
            {current === undefined && offer.value === undefined && (
              <Waiting driver={driver} onChange={onChange} duty={duty} />
            )}
          </section>
        </div>
      )}
    </div>
  );
}

function Waiting(props: DrivingProps & { readonly duty: Duty }) {
  const { driver, onChange, duty } = props;
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const isOnDuty = driver.state !== 'non_operational';

  async function set(state: 'available' | 'non_operational'): Promise<void> {
    setBusy(true);
    setProblem(undefined);
    try {
      onChange(await put<Driver>('/drivers/me/state', { state }));
    } catch (error) {
      setProblem(toProblem(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      <h2 class="ride-title">{isOnDuty ? duty.title : 'You are off duty'}</h2>
      <p class="muted">{isOnDuty ? duty.text : 'Go online to be offered rides.'}</p>
      {problem !== undefined && (
        <p class="form-problem" role="alert">
          {problem.message}
        </p>
      )}
      <Button
        tone={isOnDuty ? 'plain' : 'primary'}
        busy={busy}
        onClick={() => void set(isOnDuty ? 'non_operational' : 'available')}
      >
        {isOnDuty ? 'Go offline' : 'Go online'}
      </Button>
      {isOnDuty && (
        <Button tone="quiet" onClick={duty.toggleDesk}>
          {duty.isDesk ? 'Use where this device is' : 'Try it at a desk: drive on the map'}
        </Button>
      )}
    </>
  );
}

function middleOf(city: { south: number; north: number; west: number; east: number } | undefined): Place {
  if (city === undefined) return { lat: 0, lng: 0 };
  return { lat: (city.south + city.north) / 2, lng: (city.west + city.east) / 2 };
}

function marksOf(place: Place | undefined, ride: Ride | undefined): readonly MapMark[] {
  const marks: MapMark[] = [];
  if (place !== undefined) marks.push({ key: 'me', kind: 'driver', label: 'You', place });
  if (ride !== undefined && ride.status !== 'started')
    marks.push({ key: 'pickup', kind: 'pickup', label: 'Pickup', place: ride.pickup });
  if (ride !== undefined)
    marks.push({ key: 'dropoff', kind: 'dropoff', label: 'Drop-off', place: ride.dropoff });
  const wanted = deskGoal.value;
  if (deskPlace.value !== undefined && wanted !== undefined && ride === undefined)
    marks.push({ key: 'goal', kind: 'me', label: 'There', place: wanted });
  return marks;
}

/** By roads, as soon as they are known. */
function linesOf(
  place: Place | undefined,
  ride: Ride | undefined,
  route: readonly Place[] | undefined,
): readonly MapLine[] {
  if (ride === undefined) return [];
  const way: MapLine = {
    places: [ride.pickup, ride.dropoff],
    state: ride.status === 'started' ? 'done' : 'pending',
  };
  if (ride.status === 'arrived' && route !== undefined) return [{ places: route, state: 'pending' }];
  const goal = ride.status === 'started' ? ride.dropoff : ride.pickup;
  if (place === undefined) return [way];
  return [way, { places: route ?? [place, goal], state: 'active' }];
}
