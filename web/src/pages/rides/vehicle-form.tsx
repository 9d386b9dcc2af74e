/** What one drives, and which rides one takes: the first thing that makes a driver. */
import { useState } from 'preact/hooks';
import { put } from '../../api/http.ts';
import type { Driver, RideType } from '../../api/types.ts';
import { RIDE_TYPE_HINTS, RIDE_TYPE_NAMES } from '../../rides/ride-words.ts';
import { Checkbox } from '../../ui/field.tsx';
import { Form, useForm } from '../../ui/form.tsx';
import { FormField } from '../../ui/form-field.tsx';

export interface VehicleFormProps {
  /** Undefined: about to become one. */
  readonly driver: Driver | undefined;
  readonly onSaved: (driver: Driver) => void;
}

const TEXTS = [
  { name: 'make', label: 'Make', hint: 'Such as Toyota' },
  { name: 'model', label: 'Model', hint: 'Such as Prius' },
  { name: 'colour', label: 'Colour', hint: 'By which riders find you' },
  { name: 'plate', label: 'Number plate', hint: undefined },
] as const;

const TYPES = Object.keys(RIDE_TYPE_NAMES) as RideType[];

export function VehicleForm({ driver, onSaved }: VehicleFormProps) {
  const [texts, setTexts] = useState({
    make: driver?.vehicle.make ?? '',
    model: driver?.vehicle.model ?? '',
    colour: driver?.vehicle.colour ?? '',
    plate: driver?.vehicle.plate ?? '',
  });
  const [seats, setSeats] = useState(`${driver?.vehicle.seats ?? 4}`);
  const [types, setTypes] = useState<readonly RideType[]>(driver?.ride_types ?? ['economy']);
  const form = useForm(async () => {
    onSaved(
      await put<Driver>('/drivers/me', { vehicle: { ...texts, seats: Number(seats) }, ride_types: types }),
    );
  });
  return (
    <div class="page-body">
      {driver === undefined && (
        <p class="muted">Tell riders what you drive. You begin off duty, and go online when you like.</p>
      )}
      <Form form={form} button={driver === undefined ? 'Become a driver' : 'Save'}>
        {TEXTS.map(({ name, label, hint }) => (
          <FormField
            key={name}
            form={form}
            name={`vehicle.${name}`}
            label={label}
            hint={hint}
            autocomplete="off"
            required
            value={texts[name]}
            onValue={(value) => setTexts({ ...texts, [name]: value })}
          />
        ))}
        <FormField
          form={form}
          name="vehicle.seats"
          label="Seats for riders"
          inputMode="numeric"
          required
          value={seats}
          onValue={setSeats}
        />
        <fieldset class="ride-types">
          <legend>Rides that you take</legend>
          {TYPES.map((type) => (
            <Checkbox
              key={type}
              label={RIDE_TYPE_NAMES[type]}
              hint={RIDE_TYPE_HINTS[type]}
              checked={types.includes(type)}
              onChange={(checked) =>
                setTypes(checked ? [...types, type] : types.filter((each) => each !== type))
              }
            />
          ))}
          {form.errorOf('ride_types') !== undefined && (
            <p class="field-error" role="alert">
              {form.errorOf('ride_types')}
            </p>
          )}
        </fieldset>
      </Form>
    </div>
  );
}
