import { useState } from 'preact/hooks';
import { navigate } from '../../navigation/location.ts';
import { signUp } from '../../state/session.ts';
import { Field } from '../../ui/field.tsx';
import { Form, useForm } from '../../ui/form.tsx';
import { PageHead } from '../../ui/page.tsx';
import { Empty } from '../../ui/states.tsx';
import { useLoaded } from '../../ui/use-loaded.ts';

export function SignUpPage() {
  const { answer: registration } = useLoaded<{ readonly open: boolean }>('/registration');
  if (registration?.open === false)
    return (
      <>
        <PageHead title="Make an account" />
        <Empty title="Registration is closed">
          <p class="muted">Ask the people who run this server for an account.</p>
          <a class="button button-primary" href="/sign-in">
            Sign in
          </a>
        </Empty>
      </>
    );
  return <SignUp />;
}

function SignUp() {
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [email, setEmail] = useState('');
  const form = useForm(async () => {
    await signUp({ username, password, ...(email.trim() !== '' && { email: email.trim() }) });
    navigate('/', { replace: true });
  });
  return (
    <>
      <PageHead title="Make an account" />
      <div class="page-body">
        <Form form={form} button="Make the account">
          <Field
            label="Username"
            hint="3 to 30 letters, digits and _. Others find you by it."
            name="username"
            autocomplete="username"
            autocapitalize="none"
            required
            value={username}
            onInput={({ currentTarget }) => setUsername(currentTarget.value)}
            error={form.errorOf('username')}
          />
          <Field
            label="Password"
            hint="At least 8 characters."
            name="password"
            type="password"
            autocomplete="new-password"
            required
            value={password}
            onInput={({ currentTarget }) => setPassword(currentTarget.value)}
            error={form.errorOf('password')}
          />
          <Field
            label="Email (if you like)"
            hint="Only for setting a new password. Nobody sees it."
            name="email"
            type="email"
            autocomplete="email"
            value={email}
            onInput={({ currentTarget }) => setEmail(currentTarget.value)}
            error={form.errorOf('email')}
          />
        </Form>
        <p>
          Have one already? <a href="/sign-in">Sign in</a>.
        </p>
      </div>
    </>
  );
}
