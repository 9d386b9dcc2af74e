/** A field of a form: what is typed goes into the state of its page, and the mistake that the server found stands beside it. */
import type { AllHTMLAttributes, InputHTMLAttributes } from 'preact';
import { Field, TextField } from './field.tsx';
import type { FormState } from './form.tsx';

type Attributes = Pick<
  AllHTMLAttributes<HTMLInputElement>,
  | 'autocapitalize'
  | 'autocomplete'
  | 'dir'
  | 'inputMode'
  | 'list'
  | 'max'
  | 'maxLength'
  | 'min'
  | 'placeholder'
  | 'required'
  | 'spellcheck'
  | 'step'
>;

export interface FormFieldProps extends Attributes {
  readonly form: FormState;
  /** As the server calls it. */
  readonly name: string;
  readonly label: string;
  readonly hint?: string | undefined;
  readonly type?: 'text' | 'email' | 'password' | 'url' | 'number' | 'datetime-local';
  readonly value: string;
  readonly onValue: (value: string) => void;
}

export function FormField({ form, onValue, ...field }: FormFieldProps) {
  // The types of inputs differ by which roles they may be given, of which none is passed here.
  const attributes = field as InputHTMLAttributes<HTMLInputElement> & Pick<FormFieldProps, 'label' | 'hint'>;
  return (
    <Field
      {...attributes}
      error={form.errorOf(field.name)}
      onInput={({ currentTarget }) => onValue(currentTarget.value)}
    />
  );
}

type TextProp = 'form' | 'name' | 'label' | 'hint' | 'value' | 'onValue';

/** Of several lines, in whatever direction they are written. */
export function FormTextField(props: Pick<FormFieldProps, TextProp>) {
  const { form, name, label, hint, value, onValue } = props;
  return (
    <TextField
      name={name}
      label={label}
      hint={hint}
      value={value}
      dir="auto"
      error={form.errorOf(name)}
      onInput={({ currentTarget }) => onValue(currentTarget.value)}
    />
  );
}

type SecretProps = Omit<FormFieldProps, 'type' | 'autocomplete'> & {
  /** It is chosen here: password managers offer one. */
  readonly isNew?: boolean;
};

export function PasswordField({ isNew = false, ...field }: SecretProps) {
  return <FormField {...field} type="password" autocomplete={isNew ? 'new-password' : 'current-password'} />;
}

export function UsernameField(field: FormFieldProps) {
  return <FormField {...field} autocomplete="username" autocapitalize="none" spellcheck={false} />;
}

export function EmailField(field: FormFieldProps) {
  return <FormField {...field} type="email" autocomplete="email" />;
}
