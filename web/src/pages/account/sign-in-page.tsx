import { useState } from 'preact/hooks';
import { entry, navigate } from '../../navigation/location.ts';
import { signIn } from '../../state/session.ts';
import { Form, useForm } from '../../ui/form.tsx';
import { PasswordField, UsernameField } from '../../ui/form-field.tsx';
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
          <UsernameField
            form={form}
            name="username"
            label="Username"
            required
            value={username}
            onValue={setUsername}
          />
          <PasswordField
            form={form}
            name="password"
            label="Password"
            required
            value={password}
            onValue={setPassword}
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
