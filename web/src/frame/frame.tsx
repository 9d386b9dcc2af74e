/** Navigation, the page, and what may come over it: on a phone the navigation is a bar below, else a rail beside. */
import type { ComponentChildren } from 'preact';
import { assertiveText, politeText } from '../state/announcer.ts';
import { Toasts } from '../ui/toasts.tsx';
import './frame.css';
import { Keys } from './keys.tsx';
import { Navigation } from './navigation.tsx';
import { Notices } from './notices.tsx';
import { Side } from './side.tsx';

export function Frame({ children }: { readonly children: ComponentChildren }) {
  return (
    <div class="frame">
      <a class="skip" href="#page">
        Skip to the page
      </a>
      <Navigation />
      <div class="column">
        <main id="page" tabIndex={-1}>
          {children}
        </main>
        <Notices />
      </div>
      <Side />
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
