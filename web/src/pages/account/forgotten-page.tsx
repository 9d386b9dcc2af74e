/** Asks for the mail with which a new password can be set. What it says tells nobody whether there is such an account. */
import { useState } from 'preact/hooks';
import { post } from '../../api/http.ts';
import { Field } from '../../ui/field.tsx';
import { Form, useForm } from '../../ui/form.tsx';
import { PageHead } from '../../ui/page.tsx';
import { Empty } from '../../ui/states.tsx';

export function ForgottenPage() {
  const [account, setAccount] = useState('');
  const [isAsked, setAsked] = useState(false);
  const form = useForm(async () => {
    const wanted = account.trim().replace(/^@/, '');
    await post('/password-resets', wanted.includes('@') ? { email: wanted } : { username: wanted });
    setAsked(true);
  });
  return (
    <>
      <PageHead title="Forgotten password" />
      {isAsked ? (
        <div role="status">
          <Empty title="Look into your mail">
            <p>
              If there is such an account and it has an email address, a mail with a link is on its way. The
              link works once, for an hour.
            </p>
            <p class="muted">
              Nothing came? Look among the unwanted mail. Without an address only the people who run this
              server can help.
            </p>
            <a class="button button-primary" href="/sign-in">
              To the sign-in
            </a>
          </Empty>
        </div>
      ) : (
        <div class="page-body">
          <Form form={form} button="Send the mail">
            <Field
              label="Username or email"
              hint="Your account’s. You get a mail with a link to set a new password."
              name="username"
              autocomplete="username"
              autocapitalize="none"
              required
              value={account}
              onInput={({ currentTarget }) => setAccount(currentTarget.value)}
              error={form.errorOf('username') ?? form.errorOf('email')}
            />
          </Form>
          <p>
            Remembered it? <a href="/sign-in">Sign in</a>.
          </p>
        </div>
      )}
    </>
  );
}
