/** The map of a city with all who drive and wait, and beside it the same in figures and lists. */
import { useSignal } from '@preact/signals';
import { useMemo, useState } from 'preact/hooks';
import type { CityOperations, RideType, SeenDriver, WaitingRequest } from '../../api/types.ts';
import type { MapDot } from '../../rides/map/map-dots.ts';
import { centredOn, type Place, pixelsBetween, type Size, type View } from '../../rides/map/mercator.ts';
import { type MapMark, RideMap } from '../../rides/map/ride-map.tsx';
import { RIDE_TYPE_NAMES } from '../../rides/ride-words.ts';
import { cityName, useCities } from '../../rides/use-cities.ts';
import { useSurge } from '../../rides/use-surge.ts';
import { Button } from '../../ui/button.tsx';
import { type Choice, Select } from '../../ui/field.tsx';
import { PageHead } from '../../ui/page.tsx';
import { Failure, Skeleton } from '../../ui/states.tsx';
import { type Polled, usePolled } from '../../ui/use-polled.ts';
import { CityFigures } from './city-figures.tsx';
import { Legend } from './legend.tsx';
import { SeenDrivers } from './seen-drivers.tsx';
import { useSeenPart } from './seen-part.ts';
import { ageText, DRIVER_LOOKS, REQUEST_LOOK, type ShownState, STALE_MS } from './state-words.ts';
import { WaitingRequests } from './waiting-requests.tsx';
import '../rides/rides.css';
import './operations.css';

/** Three calls each time: docs/rides.md says what they cost. */
const EVERY_MS = 5_000;
/** From a dot, for a finger. */
const TAP_PX = 22;

interface DriversAnswer {
  readonly drivers: readonly SeenDriver[];
  readonly is_complete: boolean;
  readonly is_of_all_processes: boolean;
}

interface RequestsAnswer {
  readonly requests: readonly WaitingRequest[];
}

const STATES: readonly Choice<ShownState | ''>[] = [
  { value: '', label: 'All drivers' },
  ...(Object.keys(DRIVER_LOOKS) as ShownState[]).map((value) => ({ value, label: DRIVER_LOOKS[value].name })),
];
const TYPES: readonly Choice<RideType | ''>[] = [
  { value: '', label: 'All types' },
  ...(Object.keys(RIDE_TYPE_NAMES) as RideType[]).map((value) => ({ value, label: RIDE_TYPE_NAMES[value] })),
];

export function OperationsScreen() {
  const cities = useCities();
  const [name, setName] = useState<string>();
  const [state, setState] = useState<ShownState | ''>('');
  const [type, setType] = useState<RideType | ''>('');
  const [isPaused, setPaused] = useState(false);
  const [chosenId, setChosenId] = useState<string>();
  const view = useSignal<View | undefined>(undefined);
  const size = useSignal<Size>({ width: 0, height: 0 });
  const part = useSeenPart(view, size);
  const city = cities.find((one) => one.name === name) ?? cities[0];
  const ask = (path: string, isReady: boolean) => (isReady && !isPaused ? path : undefined);
  const figures = usePolled<CityOperations>(
    ask(`/rides/operations?city=${city?.name}`, city !== undefined),
    EVERY_MS,
  );
  const filters = `${state === '' ? '' : `&state=${state}`}${type === '' ? '' : `&ride_type=${type}`}`;
  const drivers = usePolled<DriversAnswer>(
    ask(`/rides/operations/drivers?bbox=${part}${filters}`, part !== undefined),
    EVERY_MS,
  );
  const requests = usePolled<RequestsAnswer>(
    ask(`/rides/operations/requests?bbox=${part}`, part !== undefined),
    EVERY_MS,
  );
  const { cells, surge } = useSurge(view, type === '' ? 'economy' : type);
  const waiting = useMemo(
    () => (requests.answer?.requests ?? []).filter((one) => type === '' || one.ride_type === type),
    [requests.answer, type],
  );
  const dots = useMemo(
    () => dotsOf(drivers.answer?.drivers ?? [], waiting, drivers.atMs ?? 0),
    [drivers.answer, waiting],
  );
  const chosen = dots.find(({ id }) => id === chosenId);
  // Of another city it says nothing.
  const operations = figures.answer?.city === city?.name ? figures.answer : undefined;

  function choose(id: string, place: Place): void {
    setChosenId(id);
    if (view.value !== undefined) view.value = centredOn(view.value, place);
  }

  return (
    <div class="ride-screen">
      <PageHead title="Operations" isRoot>
        <Button tone="quiet" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
          {isPaused ? 'Go on' : 'Pause'}
        </Button>
      </PageHead>
      <div class="ride-layout operations">
        <RideMap
          label="Map of drivers and requests"
          view={view}
          onView={(seen) => {
            view.value = seen;
          }}
          onSize={(measured) => {
            size.value = measured;
          }}
          marks={markOf(chosen)}
          dots={dots}
          cells={cells}
          borders={cities}
          home={city}
          homeKey={city?.name ?? ''}
          onTap={(place) => setChosenId(nearestTo(place, dots, view.peek())?.id)}
        />
        <section class="ride-sheet" aria-label="The city in figures">
          <Freshness polled={[figures, drivers, requests]} isPaused={isPaused} />
          <div class="operations-filters">
            {cities.length > 1 && city !== undefined && (
              <Select
                label="City"
                value={city.name}
                choices={cities.map((one) => ({ value: one.name, label: cityName(one.name) }))}
                onChoose={setName}
              />
            )}
            <Select label="Type of ride" value={type} choices={TYPES} onChoose={setType} />
            <Select label="Drivers shown" value={state} choices={STATES} onChoose={setState} />
          </div>
          <Legend hasSurge={surge.length > 0} />
          {operations === undefined && figures.problem === undefined && <Skeleton rows={2} />}
          {operations === undefined && figures.problem !== undefined && (
            <Failure
              what="The figures could not be loaded"
              problem={figures.problem}
              onRetry={figures.reload}
            />
          )}
          {operations !== undefined && <CityFigures operations={operations} />}
          {requests.answer !== undefined && (
            <WaitingRequests
              requests={waiting}
              atMs={requests.atMs ?? 0}
              chosenId={chosenId}
              onChoose={({ ride_id: id, pickup }) => choose(id, pickup)}
            />
          )}
          {drivers.answer !== undefined && (
            <SeenDrivers
              drivers={drivers.answer.drivers}
              atMs={drivers.atMs ?? 0}
              isComplete={drivers.answer.is_complete}
              isOfAllProcesses={drivers.answer.is_of_all_processes}
              chosenId={chosenId}
              onChoose={(driver) => choose(driver.driver_id, driver)}
            />
          )}
        </section>
      </div>
    </div>
  );
}

/** How old what is shown is, in words once it is older than it should be. */
function Freshness(props: { readonly polled: readonly Polled<unknown>[]; readonly isPaused: boolean }) {
  const times = props.polled.map(({ atMs }) => atMs).filter((atMs) => atMs !== undefined);
  const isFailing = props.polled.some(({ problem }) => problem !== undefined);
  if (times.length === 0) return null;
  const at = new Date(Math.min(...times)).toLocaleTimeString();
  return (
    <p class={isFailing ? 'operations-late small figures' : 'muted small figures'}>
      {props.isPaused ? 'Paused at' : isFailing ? 'No answer since' : 'As of'} {at}
    </p>
  );
}

interface NamedDot extends MapDot {
  readonly id: string;
  readonly label: string;
}

function dotsOf(
  drivers: readonly SeenDriver[],
  requests: readonly WaitingRequest[],
  atMs: number,
): readonly NamedDot[] {
  return [
    ...drivers.map((driver) => {
      const { name, shape, series } = DRIVER_LOOKS[driver.state];
      const ageMs = atMs - Date.parse(driver.at);
      const age = ageMs > STALE_MS ? `, ${ageText(ageMs)} ago` : '';
      return {
        ...{ id: driver.driver_id, place: driver, shape, series, isHollow: ageMs > STALE_MS },
        label: `${driver.plate ?? 'Gone'}: ${name}${age}`,
      };
    }),
    ...requests.map(({ ride_id: id, pickup, requested_at: at, ride_type: type }) => ({
      ...{ id, place: pickup, shape: REQUEST_LOOK.shape, series: REQUEST_LOOK.series },
      label: `${RIDE_TYPE_NAMES[type]}, waits for ${ageText(atMs - Date.parse(at))}`,
    })),
  ];
}

function markOf(dot: NamedDot | undefined): readonly MapMark[] {
  return dot === undefined ? [] : [{ key: 'chosen', kind: 'chosen', place: dot.place, label: dot.label }];
}

function nearestTo(place: Place, dots: readonly NamedDot[], view: View | undefined): NamedDot | undefined {
  if (view === undefined) return undefined;
  const away = (dot: NamedDot) => pixelsBetween(view, place, dot.place);
  const near = dots.filter((dot) => away(dot) <= TAP_PX);
  return near.sort((one, other) => away(one) - away(other))[0];
}
