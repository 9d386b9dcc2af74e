/** Who drives on the part of the map that is seen. */
import { useState } from 'preact/hooks';
import type { SeenDriver } from '../../api/types.ts';
import { Field } from '../../ui/field.tsx';
import { Shape } from './legend.tsx';
import { ageText, DRIVER_LOOKS, STALE_MS } from './state-words.ts';

export interface SeenDriversProps {
  readonly drivers: readonly SeenDriver[];
  /** When they were asked for. */
  readonly atMs: number;
  readonly isComplete: boolean;
  readonly isOfAllProcesses: boolean;
  readonly chosenId: string | undefined;
  readonly onChoose: (driver: SeenDriver) => void;
}

const SHOWN_MAX = 50;

export function SeenDrivers(props: SeenDriversProps) {
  const { drivers, atMs, isComplete, isOfAllProcesses, chosenId, onChoose } = props;
  const [plate, setPlate] = useState('');
  const wanted = drivers
    .filter((driver) => (driver.plate ?? '').includes(plate.trim().toUpperCase()))
    .sort((one, other) => (one.plate ?? '').localeCompare(other.plate ?? ''));
  return (
    <section aria-labelledby="operations-drivers">
      <h2 id="operations-drivers">Drivers on the map</h2>
      <Field
        label="Number plate"
        type="search"
        autocomplete="off"
        value={plate}
        onInput={({ currentTarget }) => setPlate(currentTarget.value)}
      />
      {!isComplete && (
        <p class="muted small">There are more than the map can show: look closer to see all of them.</p>
      )}
      {!isOfAllProcesses && (
        <p class="operations-warning">
          Drivers who are connected to other processes are not shown: there is no Redis.
        </p>
      )}
      {wanted.length === 0 ? (
        <p class="muted">{drivers.length === 0 ? 'Nobody drives here.' : 'None of these.'}</p>
      ) : (
        <table class="operations-table">
          <thead>
            <tr>
              <th scope="col">Plate</th>
              <th scope="col">State</th>
              <th scope="col">Heard of</th>
            </tr>
          </thead>
          <tbody>
            {wanted.slice(0, SHOWN_MAX).map((driver) => (
              <DriverRow
                key={driver.driver_id}
                {...{ driver, atMs, onChoose }}
                isChosen={driver.driver_id === chosenId}
              />
            ))}
          </tbody>
        </table>
      )}
      {wanted.length > SHOWN_MAX && (
        <p class="muted small">And {wanted.length - SHOWN_MAX} more on the map.</p>
      )}
    </section>
  );
}

function DriverRow(props: {
  readonly driver: SeenDriver;
  readonly atMs: number;
  readonly isChosen: boolean;
  readonly onChoose: (driver: SeenDriver) => void;
}) {
  const { driver, atMs, isChosen, onChoose } = props;
  const ageMs = atMs - Date.parse(driver.at);
  const look = DRIVER_LOOKS[driver.state];
  return (
    <tr>
      <th scope="row">
        <button
          type="button"
          class="operations-choice"
          aria-pressed={isChosen}
          onClick={() => onChoose(driver)}
        >
          {driver.plate ?? 'Gone'}
        </button>
      </th>
      <td>
        <Shape look={look} isHollow={ageMs > STALE_MS} /> {look.name}
      </td>
      <td class="figures">{ageText(ageMs)} ago</td>
    </tr>
  );
}
