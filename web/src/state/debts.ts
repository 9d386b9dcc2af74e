/** Whether the person owes for a ride, as they are told live: after each connection once, and when a charge is settled. */
import { computed, effect, signal } from '@preact/signals';
import { onLive } from './live.ts';
import { isSignedIn } from './session.ts';

const NONE: ReadonlySet<string> = new Set();
const owed = signal(NONE);

export const owesNothing = computed(() => owed.value.size === 0);

effect(() => {
  if (!isSignedIn.value) owed.value = NONE;
});
// What is owed is told after it.
onLive('ready', () => {
  owed.value = NONE;
});
onLive('charge', ({ charge_id: id, state }) => {
  const others = [...owed.value].filter((each) => each !== id);
  owed.value = new Set(state === 'declined' ? [...others, id] : others);
});
