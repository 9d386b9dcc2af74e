/** Asks a moderator why, and then does it. */
import { useState } from 'preact/hooks';
import { Dialog } from '../../ui/dialog.tsx';
import { Form, useForm } from '../../ui/form.tsx';
import { FormTextField } from '../../ui/form-field.tsx';

export interface ReasonDialogProps {
  readonly title: string;
  /** What it means. */
  readonly text?: string;
  readonly button: string;
  readonly tone?: 'primary' | 'danger';
  /** As the server calls it. */
  readonly name?: 'reason' | 'note';
  readonly label?: string;
  /** Who reads it. */
  readonly hint: string;
  readonly onGiven: (reason: string) => Promise<void>;
  readonly onClose: () => void;
}

export function ReasonDialog(props: ReasonDialogProps) {
  const {
    title,
    text,
    button,
    tone = 'danger',
    name = 'reason',
    label = 'Why',
    hint,
    onGiven,
    onClose,
  } = props;
  const [reason, setReason] = useState('');
  const form = useForm(() => onGiven(reason));
  return (
    <Dialog title={title} onClose={onClose}>
      {text !== undefined && <p>{text}</p>}
      <Form form={form} button={button} tone={tone}>
        <FormTextField form={form} name={name} label={label} hint={hint} value={reason} onValue={setReason} />
      </Form>
    </Dialog>
  );
}
