/** Tells the moderators of a post or a person. */
import { useState } from 'preact/hooks';
import { post } from '../api/http.ts';
import { showToast } from '../state/toasts.ts';
import { Dialog } from '../ui/dialog.tsx';
import { type Choice, Select } from '../ui/field.tsx';
import { Form, useForm } from '../ui/form.tsx';
import { FormTextField } from '../ui/form-field.tsx';

/** In the words that moderators read. */
const REASONS: readonly Choice<string>[] = [
  { value: 'Spam', label: 'Spam or fraud' },
  { value: 'Harassment', label: 'It harasses or threatens somebody' },
  { value: 'Hate', label: 'It is hateful' },
  { value: 'Violence', label: 'Violence or self-harm' },
  { value: 'Sexual content', label: 'Sexual content without a warning' },
  { value: 'Impersonation', label: 'Somebody poses as somebody else' },
  { value: 'Other', label: 'Something else' },
];

export interface ReportDialogProps {
  /** Of the person, or of the post. */
  readonly what: { readonly user_id: string } | { readonly post_id: string };
  readonly title: string;
  readonly onClose: () => void;
}

export function ReportDialog({ what, title, onClose }: ReportDialogProps) {
  const [reason, setReason] = useState('Spam');
  const [comment, setComment] = useState('');
  const form = useForm(async () => {
    await post('/reports', { ...what, reason, comment });
    onClose();
    showToast({ text: 'Thank you. The moderators will look at it.' });
  });
  return (
    <Dialog title={title} wide onClose={onClose}>
      <p>Only the moderators of this server see what you report, and that it was you.</p>
      <Form form={form} button="Report">
        <Select label="What is wrong" value={reason} choices={REASONS} onChoose={setReason} />
        <FormTextField
          form={form}
          name="comment"
          label="More, if you like"
          hint="At most 1,000 characters."
          value={comment}
          onValue={setComment}
        />
      </Form>
    </Dialog>
  );
}
