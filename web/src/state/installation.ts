/** Has the browser keep the app (see web/service-worker), and learns from the worker when a newer build is there. */
import { signal } from '@preact/signals';

const LOOK_EVERY_MS = 3_600_000;

/** This page is of an older build. It goes on working: its files are kept. */
export const isOutdated = signal(false);

/** Once the page is there, whose own files come first. Browsers have workers only over https and on localhost. */
export function installWorker(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  const ownFile = new URL(import.meta.url).pathname;
  navigator.serviceWorker.addEventListener('message', ({ data }: MessageEvent<{ files?: string[] }>) => {
    if (data.files !== undefined) isOutdated.value = !data.files.includes(ownFile);
  });
  if (document.readyState === 'complete') void register();
  else addEventListener('load', () => void register());
}

async function register(): Promise<void> {
  try {
    const registration = await navigator.serviceWorker.register('/service-worker.js', {
      updateViaCache: 'none',
    });
    setInterval(() => void registration.update().catch(() => undefined), LOOK_EVERY_MS);
  } catch {
    // Storage is off, or full: the app works while the server does.
  }
}
