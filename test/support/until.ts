import assert from 'node:assert/strict';

/** Far more than anything takes: a busy machine must not decide a test. */
const WAIT_MS_MAX = 30_000;
const POLL_MS = 2;

/** Resolves when `condition` holds; fails, showing it, when it still does not after `waitMs`. Instead of sleeping. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  waitMs = WAIT_MS_MAX,
): Promise<void> {
  const deadline = AbortSignal.timeout(waitMs);
  while (!(await condition())) {
    assert(!deadline.aborted, `waited in vain for ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
