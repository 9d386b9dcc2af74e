import { useState } from 'preact/hooks';
import { remove } from '../../api/http.ts';
import { Problem } from '../../api/problem.ts';
import { navigate } from '../../navigation/location.ts';
import { deleteDrafts } from '../../state/drafts.ts';
import { me, sessionEnded } from '../../state/session.ts';
import { showToast } from '../../state/toasts.ts';
import { Form, useForm } from '../../ui/form.tsx';
import { FormField, PasswordField } from '../../ui/form-field.tsx';
import { SettingsFrame } from './settings-frame.tsx';

export function DeleteAccountPage() {
  return (
    <SettingsFrame part="delete">
      <DeleteAccount />
    </SettingsFrame>
  );
}

function DeleteAccount() {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const username = me.value?.username ?? '';
  const form = useForm(async () => {
    if (name.trim().replace(/^@/, '').toLowerCase() !== username.toLowerCase())
      throw mistake('name', `Type ${username}, so that nobody deletes the wrong account.`);
    if (password === '') throw mistake('password', 'Type your password.');
    await remove('/users/me', { body: { password } });
    await deleteDrafts();
    sessionEnded();
    navigate('/', { replace: true });
    showToast({ text: 'Your account is deleted.' });
  });
  return (
    <div class="page-body">
      <p>
        Your posts, photos, likes, links, followers, keys and webhooks are gone for everyone, at once and for
        good. Nobody can take the name @{username} afterwards, you neither.
      </p>
      <Form form={form} button="Delete my account" tone="danger">
        <FormField
          form={form}
          name="name"
          label="Your username"
          hint={`Type ${username}.`}
          autocomplete="off"
          autocapitalize="none"
          value={name}
          onValue={setName}
        />
        <PasswordField form={form} name="password" label="Password" value={password} onValue={setPassword} />
      </Form>
    </div>
  );
}

function mistake(field: string, message: string): Problem {
  return new Problem('Nothing is deleted yet.', { status: 422, errors: [{ field, message }] });
}
