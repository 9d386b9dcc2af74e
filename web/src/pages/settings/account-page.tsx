import { useState } from 'preact/hooks';
import { patch } from '../../api/http.ts';
import type { Me } from '../../api/types.ts';
import { showToast } from '../../state/toasts.ts';
import { Form, useForm } from '../../ui/form.tsx';
import { EmailField, PasswordField } from '../../ui/form-field.tsx';
import { Failure, Skeleton } from '../../ui/states.tsx';
import { useLoaded } from '../../ui/use-loaded.ts';
import { SettingsFrame } from './settings-frame.tsx';

export function AccountPage() {
  return (
    <SettingsFrame part="account">
      <div class="page-body">
        <section class="settings-group" aria-labelledby="email">
          <h2 id="email">Email</h2>
          <Email />
        </section>
        <section class="settings-group" aria-labelledby="password">
          <h2 id="password">Password</h2>
          <Password />
        </section>
      </div>
    </SettingsFrame>
  );
}

function Email() {
  const { answer, problem, reload } = useLoaded<Me>('/users/me');
  if (answer !== undefined) return <EmailForm known={answer.email} />;
  if (problem === undefined) return <Skeleton rows={1} />;
  return <Failure what="Your email address could not be loaded" problem={problem} onRetry={reload} />;
}

function EmailForm({ known }: { readonly known: string | null }) {
  const [email, setEmail] = useState(known ?? '');
  const form = useForm(async () => {
    const wanted = email.trim();
    await patch<Me>('/users/me', { email: wanted === '' ? null : wanted });
    showToast({ text: wanted === '' ? 'The address is removed.' : 'The address is saved.' });
  });
  return (
    <Form form={form} button="Save the address">
      <EmailField
        form={form}
        name="email"
        label="Email"
        hint="Only for setting a new password when yours is forgotten. Nobody sees it. Empty removes it."
        value={email}
        onValue={setEmail}
      />
    </Form>
  );
}

function Password() {
  const [current, setCurrent] = useState('');
  const [wanted, setWanted] = useState('');
  const form = useForm(async () => {
    await patch<Me>('/users/me', { current_password: current, password: wanted });
    setCurrent('');
    setWanted('');
    showToast({ text: 'The password is changed. You are signed out everywhere else.' });
  });
  return (
    <Form form={form} button="Change the password">
      <PasswordField
        form={form}
        name="current_password"
        label="Current password"
        required
        value={current}
        onValue={setCurrent}
      />
      <PasswordField
        form={form}
        name="password"
        label="New password"
        hint="At least 8 characters. It signs you out everywhere else; API keys go on working."
        isNew
        required
        value={wanted}
        onValue={setWanted}
      />
    </Form>
  );
}
