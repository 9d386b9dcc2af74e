/** Which days are shown: some usual ranges, or two days of one's own. */
import { useState } from 'preact/hooks';
import { Button } from '../button.tsx';
import { Field } from '../field.tsx';
import './range-picker.css';

export interface RangeChoice<Name extends string> {
  readonly name: Name;
  readonly label: string;
}

/** Days as `2026-11-22`, both included. */
export interface Days {
  readonly from: string;
  readonly to: string;
}

export function RangePicker<Name extends string>(props: {
  readonly choices: readonly RangeChoice<Name>[];
  /** `undefined`: days of one's own. */
  readonly chosen: Name | undefined;
  readonly days: Days;
  readonly lastDay: string;
  readonly onChoose: (name: Name) => void;
  readonly onDays: (days: Days) => void;
}) {
  const { choices, chosen, days, lastDay, onChoose, onDays } = props;
  const [isOwn, setOwn] = useState(chosen === undefined);
  const [own, setOwnDays] = useState(days);
  return (
    <div class="range-picker">
      <fieldset class="range-choices">
        <legend class="unseen">Range</legend>
        {choices.map(({ name, label }) => (
          <button
            key={name}
            type="button"
            class="range-choice"
            aria-pressed={!isOwn && chosen === name}
            onClick={() => {
              setOwn(false);
              onChoose(name);
            }}
          >
            {label}
          </button>
        ))}
        <button
          type="button"
          class="range-choice"
          aria-pressed={isOwn}
          onClick={() => {
            setOwnDays(days);
            setOwn(true);
          }}
        >
          Custom
        </button>
      </fieldset>
      {isOwn && (
        <form
          class="range-own"
          onSubmit={(event) => {
            event.preventDefault();
            if (own.from !== '' && own.from <= own.to) onDays(own);
          }}
        >
          <Field
            label="From"
            type="date"
            required
            max={own.to}
            value={own.from}
            onInput={({ currentTarget }) => setOwnDays({ ...own, from: currentTarget.value })}
          />
          <Field
            label="To"
            type="date"
            required
            min={own.from}
            max={lastDay}
            value={own.to}
            onInput={({ currentTarget }) => setOwnDays({ ...own, to: currentTarget.value })}
          />
          <Button type="submit">Show</Button>
        </form>
      )}
    </div>
  );
}
