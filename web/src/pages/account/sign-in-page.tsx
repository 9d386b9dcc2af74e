import { useState } from 'preact/hooks';
import { entry, navigate } from '../../navigation/location.ts';
import { signIn } from '../../state/session.ts';
import { Field } from '../../ui/field.tsx';
import { Form, useForm } from '../../ui/form.tsx';
import { PageHead } from '../../ui/page.tsx';

export function SignInPage() {
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const form = useForm(async () => {
    await signIn({ username, password });
    navigate(nextPath(), { replace: true });
  });
  return (
    <>
      <PageHead title="Sign in" />
      <div class="page-body">
        <Form form={form} button="Sign in">
          <Field
            label="Username"
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
            name="password"
            type="password"
            autocomplete="current-password"
            required
            value={password}
            onInput={({ currentTarget }) => setPassword(currentTarget.value)}
            error={form.errorOf('password')}
          />
        </Form>
        <p>
          New here? <a href="/sign-up">Make an account</a>. <a href="/forgotten">Forgotten the password?</a>
        </p>
      </div>
    </>
  );
}

/** Where the person was on their way to; only ever a path of ours. */
function nextPath(): string {
  const next = entry.value.query.get('next') ?? '/';
  return /^\/(?![/\\])/.test(next) ? next : '/';
}
