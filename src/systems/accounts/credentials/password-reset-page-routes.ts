/** The page that the mail of a password reset leads to. The secret is behind the #, so that no log ever has it. */
import { sendPage } from '../../../http/page.ts';
import type { App } from '../../../http/server.ts';

export function passwordResetPageRoutes(app: App): void {
  app.get('/password-reset', { config: { access: 'public' }, schema: { hide: true } }, (_request, reply) =>
    sendPage(reply, { title: 'Set a new password', body: BODY, script: SCRIPT }),
  );
}

const BODY = `
<h1>Set a new password</h1>
<p class="quiet">The link of the mail works once, for an hour. Setting a password signs you out everywhere.</p>
<form>
<label for="password">New password</label>
<input id="password" name="password" type="password" autocomplete="new-password" minlength="8" maxlength="128" required autofocus>
<button>Set password</button>
<p role="status" aria-live="polite"></p>
</form>
<p><a href="/sign-in">Sign in</a></p>
`;

const SCRIPT = `
const form = document.querySelector('form');
const status = document.querySelector('[role=status]');
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = form.querySelector('button');
  button.disabled = true;
  status.textContent = 'One moment …';
  const token = encodeURIComponent(location.hash.slice(1));
  try {
    const answer = await fetch('/api/v1/password-resets/' + token, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ password: form.password.value }),
    });
    status.textContent = answer.ok ? 'Done. Sign in with the new password.' : (await answer.json()).detail;
    if (answer.ok) form.reset(); else button.disabled = false;
  } catch {
    status.textContent = 'The server cannot be reached. Try again.';
    button.disabled = false;
  }
});
`;
