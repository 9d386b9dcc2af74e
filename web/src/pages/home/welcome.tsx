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
          A feed of the people you follow, in the order in which they wrote: nothing left out, nothing twice.
          And short links that tell you who came.
        </p>
        <p class="welcome-ways">
          <a class="button button-primary" href="/sign-up">
            Make an account
          </a>
          <a class="button button-plain" href="/sign-in">
            Sign in
          </a>
        </p>
        <p class="muted small">
          You run this server? <a href="/welcome">What to try first</a>, and <a href="/docs">every call</a>.
        </p>
      </section>
    </>
  );
}
