/** A field of a form with its name, its hint and its error, each told to whoever cannot see where they stand. */
import type { InputHTMLAttributes, TextareaHTMLAttributes } from 'preact';
import { useId } from 'preact/hooks';
import './field.css';

interface Told {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
}

export function Field({ label, hint, error, ...input }: Told & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input {...input} id={id} {...describedBy(id, hint, error)} />
      <Notes id={id} hint={hint} error={errorText(label, error)} />
    </div>
  );
}

export function TextField({
  label,
  hint,
  error,
  ...area
}: Told & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea {...area} id={id} {...describedBy(id, hint, error)} />
      <Notes id={id} hint={hint} error={errorText(label, error)} />
    </div>
  );
}

export interface Choice<Value extends string> {
  readonly value: Value;
  readonly label: string;
}

export function Select<Value extends string>(props: {
  readonly label: string;
  readonly value: Value;
  readonly choices: readonly Choice<Value>[];
  readonly onChoose: (value: Value) => void;
}) {
  const { label, value, choices, onChoose } = props;
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={({ currentTarget }) => onChoose(currentTarget.value as Value)}>
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
    </div>
  );
}

export function Checkbox(props: {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}) {
  const { label, hint, checked, onChange } = props;
  const id = useId();
  return (
    <div class="checkbox">
      <input
        type="checkbox"
        id={id}
        checked={checked}
        onChange={({ currentTarget }) => onChange(currentTarget.checked)}
        {...describedBy(id, hint, undefined)}
      />
      <label for={id}>{label}</label>
      <Notes id={id} hint={hint} error={undefined} />
    </div>
  );
}

/** The server says `is taken.` of a field that it calls by another name than the page. */
function errorText(label: string, error: string | undefined): string | undefined {
  if (error === undefined || !/^\p{Ll}/u.test(error)) return error;
  return `${label.replace(/ \(.*\)$/, '')} ${error}`;
}

function describedBy(id: string, hint: string | undefined, error: string | undefined) {
  const ids = [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`].filter(Boolean);
  return {
    'aria-describedby': ids.length === 0 ? undefined : ids.join(' '),
    'aria-invalid': error !== undefined,
  };
}

function Notes({ id, hint, error }: { readonly id: string } & Omit<Told, 'label'>) {
  return (
    <>
      {hint !== undefined && (
        <p class="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error !== undefined && (
        <p class="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </>
  );
}
