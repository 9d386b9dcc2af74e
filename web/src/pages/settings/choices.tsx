/** Some of several things: checkboxes under one name. */
import { Checkbox } from '../../ui/field.tsx';

export function Choices<Value extends string>(props: {
  readonly label: string;
  /** What each means. */
  readonly values: Readonly<Record<Value, { readonly label: string; readonly hint?: string }>>;
  readonly chosen: readonly Value[];
  readonly onChoose: (chosen: readonly Value[]) => void;
  readonly error?: string | undefined;
}) {
  const { label, values, chosen, onChoose, error } = props;
  return (
    <fieldset class="settings-choices">
      <legend>{label}</legend>
      {error !== undefined && (
        <p class="field-error">{chosen.length === 0 ? 'Choose at least one.' : error}</p>
      )}
      {(Object.keys(values) as Value[]).map((value) => (
        <Checkbox
          key={value}
          label={values[value].label}
          hint={values[value].hint}
          checked={chosen.includes(value)}
          onChange={(checked) =>
            onChoose(checked ? [...chosen, value] : chosen.filter((other) => other !== value))
          }
        />
      ))}
    </fieldset>
  );
}
