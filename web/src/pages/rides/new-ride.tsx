/** What a rider says before there is a ride: the pickup, the drop-off, and for which of the prices. */
import type { Signal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { RideCity, SurgeCell } from '../../api/types.ts';
import { centredOn, nearTo, type Place, unproject, type View } from '../../rides/map/mercator.ts';
import { cityName } from '../../rides/use-cities.ts';
import { factorText } from '../../rides/use-surge.ts';
import { showToast } from '../../state/toasts.ts';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import { RidePrices } from './ride-prices.tsx';

export interface Wish {
  readonly step: 'pickup' | 'dropoff' | 'price';
  readonly pickup: Place | undefined;
  readonly dropoff: Place | undefined;
}

export interface NewRideProps {
  readonly wish: Signal<Wish>;
  /** Of the map, the middle of which is what is chosen. */
  readonly view: Signal<View | undefined>;
  readonly cities: readonly RideCity[];
  /** Of the map, the dearest first. */
  readonly surge: readonly SurgeCell[];
}

const TITLES = { pickup: 'Where shall you be picked up?', dropoff: 'Where do you want to go?' } as const;
const BUTTONS = { pickup: 'Pick me up here', dropoff: 'Take me there' } as const;

export function NewRide({ wish, view, cities, surge }: NewRideProps) {
  const { step, pickup, dropoff } = wish.value;
  const heading = useHeadingOfStep(step);
  if (step === 'price' && pickup !== undefined && dropoff !== undefined)
    return (
      <>
        <h2 ref={heading} tabIndex={-1}>
          Choose your ride
        </h2>
        <RidePrices
          pickup={pickup}
          dropoff={dropoff}
          onBack={() => {
            wish.value = { ...wish.value, step: 'dropoff' };
          }}
        />
      </>
    );
  const choosing = step === 'pickup' ? 'pickup' : 'dropoff';

  function choose(): void {
    const seen = view.peek();
    if (seen === undefined) return;
    const place = unproject(seen.middle);
    wish.value =
      choosing === 'pickup'
        ? { step: 'dropoff', pickup: place, dropoff }
        : { step: 'price', pickup, dropoff: place };
  }

  return (
    <>
      <h2 ref={heading} tabIndex={-1}>
        {TITLES[choosing]}
      </h2>
      <p class="muted">Move the map, or tap it, until the place is in the ring.</p>
      {surge[0] !== undefined && (
        <p class="small ride-dear">
          Rides from the shaded parts of the map cost more now: up to {factorText(surge[0].surge_percent)} as
          much.
        </p>
      )}
      <div class="ride-actions">
        <Button tone="primary" onClick={choose} aria-disabled={view.value === undefined}>
          {BUTTONS[choosing]}
        </Button>
        {choosing === 'pickup' ? (
          <Button icon="target" onClick={() => goToMe(view)}>
            Where I am
          </Button>
        ) : (
          <Button
            icon="back"
            onClick={() => {
              wish.value = { step: 'pickup', pickup: undefined, dropoff };
            }}
          >
            Another pickup
          </Button>
        )}
      </div>
      <TypedPlace view={view} />
      {cities.length > 1 && <CityChoice cities={cities} view={view} />}
      {cities.length === 1 && cities[0] !== undefined && (
        <p class="muted small">Rides are to be had in {cityName(cities[0].name)}, within the dotted line.</p>
      )}
    </>
  );
}

/** Takes the focus at each step but the first, because the button that led there may be gone. */
function useHeadingOfStep(step: Wish['step']): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null);
  const focusedFor = useRef(step);
  useLayoutEffect(() => {
    if (focusedFor.current !== step) heading.current?.focus();
    focusedFor.current = step;
  }, [step]);
  return heading;
}

function goToMe(view: Signal<View | undefined>): void {
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      lookAt(view, { lat: coords.latitude, lng: coords.longitude });
    },
    () => showToast({ text: 'This device does not tell where it is. Move the map instead.', tone: 'danger' }),
    { timeout: 10_000, maximumAge: 30_000 },
  );
}

/** For who knows where it is, in degrees. */
function TypedPlace({ view }: { readonly view: Signal<View | undefined> }) {
  const [text, setText] = useState('');
  const [error, setError] = useState<string>();
  return (
    <details class="ride-typed">
      <summary>Type coordinates</summary>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const place = placeIn(text);
          setError(
            place === undefined ? 'must be a latitude and a longitude, such as 40.7128, -74.006.' : undefined,
          );
          if (place !== undefined) lookAt(view, place);
        }}
      >
        <Field
          label="Coordinates"
          hint="Latitude, longitude"
          inputMode="text"
          autocomplete="off"
          dir="ltr"
          value={text}
          error={error}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
        <Button type="submit">Show it</Button>
      </form>
    </details>
  );
}

function CityChoice({
  cities,
  view,
}: {
  readonly cities: readonly RideCity[];
  readonly view: Signal<View | undefined>;
}) {
  return (
    <p class="ride-cities muted small">
      Rides are to be had in{' '}
      {cities.map((city) => (
        <button
          type="button"
          class="ride-city"
          key={city.name}
          onClick={() =>
            moveTo(view, { lat: (city.south + city.north) / 2, lng: (city.west + city.east) / 2 })
          }
        >
          {cityName(city.name)}
        </button>
      ))}
    </p>
  );
}

function moveTo(view: Signal<View | undefined>, place: Place): void {
  const seen = view.peek();
  if (seen !== undefined) view.value = centredOn(seen, place);
}

/** A place that is meant exactly: in a map of the whole city the ring would hold a suburb. */
function lookAt(view: Signal<View | undefined>, place: Place): void {
  const seen = view.peek();
  if (seen !== undefined) view.value = nearTo(seen, place);
}

function placeIn(text: string): Place | undefined {
  const found = /^\s*(-?\d+(?:\.\d+)?)\s*[,;\s]\s*(-?\d+(?:\.\d+)?)\s*$/.exec(text);
  const [lat, lng] = [Number(found?.[1] ?? Number.NaN), Number(found?.[2] ?? Number.NaN)];
  return Math.abs(lat) <= 90 && Math.abs(lng) <= 180 ? { lat, lng } : undefined;
}
