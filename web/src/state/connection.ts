/** Finds out when the server is back: while it is away it is asked who is signed in, which is what the app needs first. */
import { computed, effect } from '@preact/signals';
import { isReachable } from '../api/http.ts';
import { isLive } from './live.ts';
import { isConfirmed } from './server.ts';
import { isSignedIn, loadSession } from './session.ts';

const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 10_000;
/** Many lose a server that stops; they do not all ask at once. */
const LOST_MS_MAX = 2_000;

let retryMs = RETRY_MS_MIN;
let timer: ReturnType<typeof setTimeout> | undefined;
let wasLive = false;

/** It does not answer, or has just started and refuses for a moment to say who is signed in. */
const isAway = computed(() => !isReachable.value || (isSignedIn.value && !isConfirmed.value));
effect(() => {
  clearTimeout(timer);
  retryMs = RETRY_MS_MIN;
  if (isAway.value) askLater();
});
// The live connection is the first to notice.
effect(() => {
  const isLost = wasLive && !isLive.value && isSignedIn.peek();
  wasLive = isLive.value;
  if (isLost) timer = setTimeout(ask, Math.random() * LOST_MS_MAX);
});
addEventListener('online', () => void askIfAway());
// The browser knows that it has no network; whether the server is one that needs none, only the server can say.
addEventListener('offline', () => void ask());
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') void askIfAway();
});

async function askIfAway(): Promise<void> {
  if (isAway.peek()) await ask();
}

async function ask(): Promise<void> {
  clearTimeout(timer);
  await loadSession().catch(() => undefined);
  if (isAway.peek()) askLater();
}

function askLater(): void {
  clearTimeout(timer);
  timer = setTimeout(ask, retryMs * (0.5 + Math.random() / 2));
  retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
}
