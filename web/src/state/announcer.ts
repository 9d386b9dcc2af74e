/** What screen readers say of what changes elsewhere on the page. The two places are there from the start. */
import { signal } from '@preact/signals';

export const politeText = signal('');
export const assertiveText = signal('');

export function announce(text: string, { urgent = false } = {}): void {
  const place = urgent ? assertiveText : politeText;
  // The same words again are a change only if there was something else between.
  place.value = '';
  setTimeout(() => {
    place.value = text;
  }, 50);
}
