import type { Signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { patch } from '../../api/http.ts';
import type { User } from '../../api/types.ts';
import { me } from '../../state/session.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Checkbox, Field, TextField } from '../../ui/field.tsx';
import { Form, useForm } from '../../ui/form.tsx';

export function EditProfile({
  user,
  onClose,
}: {
  readonly user: Signal<User>;
  readonly onClose: () => void;
}) {
  const [displayName, setDisplayName] = useState(user.value.display_name);
  const [bio, setBio] = useState(user.value.bio);
  const [locked, setLocked] = useState(user.value.locked);
  const form = useForm(async () => {
    const changed = await patch<User>('/users/me', { display_name: displayName, bio, locked });
    user.value = { ...user.value, ...changed, relationship: null };
    me.value = user.value;
    onClose();
  });
  return (
    <Dialog title="Edit profile" wide onClose={onClose}>
      <Form form={form} button="Save">
        <Field
          label="Name"
          value={displayName}
          onInput={({ currentTarget }) => setDisplayName(currentTarget.value)}
          error={form.errorOf('display_name')}
        />
        <TextField
          label="About you"
          hint="At most 500 characters."
          dir="auto"
          value={bio}
          onInput={({ currentTarget }) => setBio(currentTarget.value)}
          error={form.errorOf('bio')}
        />
        <Checkbox
          label="Followers must ask"
          hint="You decide about each, and only they see what you post for followers."
          checked={locked}
          onChange={setLocked}
        />
      </Form>
    </Dialog>
  );
}
