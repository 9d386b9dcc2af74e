import { useState } from 'preact/hooks';
import { type FieldError, Problem } from '../../api/problem.ts';
import { navigate } from '../../navigation/location.ts';
import { signUp } from '../../state/session.ts';
import { Form, useForm } from '../../ui/form.tsx';
import { EmailField, PasswordField, UsernameField } from '../../ui/form-field.tsx';
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
    checkForm(username, password);
    await signUp({ username, password, ...(email.trim() !== '' && { email: email.trim() }) });
    navigate('/', { replace: true });
  });
  return (
    <>
      <PageHead title="Make an account" />
      <div class="page-body">
        <Form form={form} button="Make the account">
          <UsernameField
            form={form}
            name="username"
            label="Username"
            hint="3 to 30 letters, digits and _. Others find you by it."
            required
            value={username}
            onValue={setUsername}
          />
          <PasswordField
            form={form}
            name="password"
            label="Password"
            hint="At least 8 characters."
            isNew
            required
            value={password}
            onValue={setPassword}
          />
          <EmailField
            form={form}
            name="email"
            label="Email (if you like)"
            hint="Only for setting a new password. Nobody sees it."
            value={email}
            onValue={setEmail}
          />
        </Form>
        <p>
          Have one already? <a href="/sign-in">Sign in</a>.
        </p>
      </div>
    </>
  );
}

const USERNAME = /^[A-Za-z0-9_]{3,30}$/;
const PASSWORD_LENGTH_MIN = 8;

/** All that is seen to be wrong here at once: the server would name what it comes to first. */
function checkForm(username: string, password: string): void {
  const errors: FieldError[] = [];
  if (!USERNAME.test(username))
    errors.push({ field: 'username', message: 'must be 3 to 30 letters, digits and _, without spaces.' });
  if ([...password].length < PASSWORD_LENGTH_MIN)
    errors.push({ field: 'password', message: `must have at least ${PASSWORD_LENGTH_MIN} characters.` });
  if (errors.length > 0) throw new Problem('Not done yet.', { status: 422, errors });
}
