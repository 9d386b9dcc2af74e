/** How a city is, in figures: drivers, who waits, how matching goes, and which process does it. */
import type { ComponentChildren } from 'preact';
import type { CityOperations } from '../../api/types.ts';
import { RIDE_TYPE_NAMES } from '../../rides/ride-words.ts';
import { Time } from '../../ui/time.tsx';
import { Shape } from './legend.tsx';
import { ageText, DRIVER_LOOKS, secondsText } from './state-words.ts';

export function CityFigures({ operations }: { readonly operations: CityOperations }) {
  const { at, drivers, queue, matching, rides } = operations;
  const free = drivers.states.find(({ state }) => state === 'available')?.drivers ?? 0;
  const { match_rate: rate, oldest_requested_at: oldest } = { ...matching, ...queue };
  const underWay = rides.accepted + rides.arriving + rides.arrived + rides.started;
  return (
    <>
      <dl class="operations-figures">
        <Figure name="Drivers on duty" value={drivers.on_duty}>
          {free} free
        </Figure>
        <Figure name="Requests that wait" value={queue.requests}>
          {queue.offered} offered now
          {oldest !== null && `, the oldest ${ageText(Date.parse(at) - Date.parse(oldest))}`}
        </Figure>
        <Figure name="Matched in the last hour" value={rate === null ? '–' : `${Math.round(rate * 100)} %`}>
          {matching.matched} of {matching.requests} requests
        </Figure>
        <Figure name="Wait for a driver, median" value={secondsText(matching.wait_p50_s)}>
          95 of 100 within {secondsText(matching.wait_p95_s)}
        </Figure>
        <Figure name="Rides under way" value={underWay}>
          {rides.started} with the rider
        </Figure>
        <Figure name="Not matched" value={matching.unmatched}>
          {matching.withdrawn} cancelled before
        </Figure>
      </dl>
      <Dispatcher operations={operations} />
      <DriversByState states={drivers.states} />
    </>
  );
}

function Figure(props: {
  readonly name: string;
  readonly value: number | string;
  readonly children: ComponentChildren;
}) {
  return (
    <div>
      <dt class="small muted">{props.name}</dt>
      <dd>
        <span class="operations-value figures">{props.value}</span>
        <span class="small muted figures">{props.children}</span>
      </dd>
    </div>
  );
}

function Dispatcher({ operations: { dispatcher, drivers } }: { readonly operations: CityOperations }) {
  if (dispatcher === null)
    return (
      <p class={drivers.on_duty > 0 ? 'operations-warning' : 'muted small'} role="status">
        {drivers.on_duty > 0
          ? 'No process makes offers in this city now.'
          : 'Nobody drives, so no process makes offers.'}
      </p>
    );
  const { process, led_since: since, batches } = dispatcher;
  return (
    <p class="muted small figures">
      Process <span title={process}>{process.slice(0, 8)}</span> has made the offers since{' '}
      <Time at={since} long />
      {batches !== null &&
        `; a batch takes ${batches.p50_ms} ms, 95 of 100 at most ${batches.p95_ms} ms (the last ${batches.batches}, ${batches.failed} failed)`}
      .
    </p>
  );
}

function DriversByState({ states }: { readonly states: CityOperations['drivers']['states'] }) {
  if (states.length === 0) return null;
  return (
    <table class="operations-table">
      <caption>Drivers on duty</caption>
      <thead>
        <tr>
          <th scope="col">State</th>
          <th scope="col">Drivers</th>
          <th scope="col">Of these not heard of</th>
          <th scope="col">Types of rides</th>
        </tr>
      </thead>
      <tbody>
        {states.map(({ state, drivers, stale, ride_types: types }) => (
          <tr key={state}>
            <th scope="row">
              <Shape look={DRIVER_LOOKS[state]} /> {DRIVER_LOOKS[state].name}
            </th>
            <td class="figures">{drivers}</td>
            <td class="figures">{stale}</td>
            <td class="small muted figures">
              {types.map(({ ride_type: type, drivers: of }) => `${RIDE_TYPE_NAMES[type]} ${of}`).join(', ')}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
