/** When a delivery is tried again, and how long a webhook that fails is left alone. */

/** With the delays below, the last attempt is 2.8 days after the first, a quarter more or less. */
export const ATTEMPTS_MAX = 13;
const DELAY_FIRST_MS = 5_000;
const DELAY_FACTOR = 4;
const HOUR_MS = 3_600_000;
export const DELAY_MAX_MS = 12 * HOUR_MS;
/** Each delay is up to this part longer or shorter, so that what failed together does not come back together. */
const JITTER = 0.25;

/** Failed attempts in a row after which the webhook as a whole pauses, and has one delivery at a time to prove itself. */
export const FAILURES_MAX = 5;
const PAUSE_FIRST_MS = 30_000;
export const PAUSE_MAX_MS = HOUR_MS;

/** As long a webhook may fail; then it is disabled. */
export const FAILING_MAX_MS = 5 * 24 * HOUR_MS;

/** From the `attempts`-th attempt to the next one; `undefined` if that was the last. */
export function retryDelayMs(attempts: number, fraction: number): number | undefined {
  if (attempts >= ATTEMPTS_MAX) return undefined;
  return jittered(Math.min(DELAY_FIRST_MS * DELAY_FACTOR ** (attempts - 1), DELAY_MAX_MS), fraction);
}

/** For a webhook with so many failures in a row; 0 while they are few. */
export function pauseMs(failures: number, fraction: number): number {
  if (failures < FAILURES_MAX) return 0;
  return jittered(Math.min(PAUSE_FIRST_MS * 2 ** (failures - FAILURES_MAX), PAUSE_MAX_MS), fraction);
}

/** What a `Retry-After` asks for, in seconds or as a date, within DELAY_MAX_MS; 0 for one that says nothing. */
export function retryAfterMs(header: string | undefined, nowMs: number): number {
  if (header === undefined) return 0;
  const waitMs = /^\d{1,10}$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - nowMs;
  return Number.isNaN(waitMs) ? 0 : Math.min(Math.max(waitMs, 0), DELAY_MAX_MS);
}

function jittered(delayMs: number, fraction: number): number {
  return delayMs * (1 - JITTER + 2 * JITTER * fraction);
}
