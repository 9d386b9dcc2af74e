/** Navigation, the page, and what may come over it: on a phone the navigation is a bar below, else a rail beside. */
import type { ComponentChildren } from 'preact';
import { isReachable } from '../api/http.ts';
import { assertiveText, politeText } from '../state/announcer.ts';
import { hasExpired } from '../state/session.ts';
import { Icon } from '../ui/icon.tsx';
import { Toasts } from '../ui/toasts.tsx';
import './frame.css';
import { Keys } from './keys.tsx';
import { Navigation } from './navigation.tsx';

export function Frame({ children }: { readonly children: ComponentChildren }) {
  return (
    <div class="frame">
      <a class="skip" href="#page">
        Skip to the page
      </a>
      <Navigation />
      <div class="column">
        <Notices />
        <main id="page" tabIndex={-1}>
          {children}
        </main>
      </div>
      <Keys />
      <Toasts />
      <p class="unseen" role="status">
        {politeText}
      </p>
      <p class="unseen" role="alert">
        {assertiveText}
      </p>
    </div>
  );
}

function Notices() {
  if (!isReachable.value)
    return (
      <p class="notice">
        <Icon name="offline" /> The server cannot be reached. What you see may be old; what you do is sent
        again.
      </p>
    );
  if (hasExpired.value)
    return (
      <p class="notice">
        You were signed out. <a href="/sign-in">Sign in again</a>
      </p>
    );
  return null;
}
