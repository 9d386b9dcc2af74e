/** Home, for who is not signed in: what this place is, and the ways in. */
import { PageHead } from '../../ui/page.tsx';

export function Welcome() {
  return (
    <>
      <PageHead title="Groundswell" isRoot />
      <section class="welcome">
        <h2 class="unseen">What this is</h2>
        <p class="welcome-lead">Say it, show it, pass it on.</p>
        <p class="muted">
          Posts and photos of the people you follow, in the order in which they came: nothing left out,
          nothing twice. And short links that tell you how many opened them.
        </p>
        <p class="welcome-ways">
          <a class="button button-primary" href="/sign-up">
            Make an account
          </a>
          <a class="button button-plain" href="/sign-in">
            Sign in
          </a>
        </p>
        <p>
          Or <a href="/search">look around first</a>: what is public can be read without an account.
        </p>
        <p class="muted small">
          You run this server? <a href="/welcome">What to try first</a>, and <a href="/docs">every call</a>.
        </p>
      </section>
    </>
  );
}
