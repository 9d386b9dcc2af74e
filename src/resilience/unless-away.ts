/** For whoever asks what may fall silent at any moment, and knows somebody else to ask. */
import type { Clock } from '../core/clock.ts';
import { hasCode } from '../core/errors.ts';

export interface UnlessAwayDeps {
  readonly clock: Clock;
  /** Whether whoever would be asked does not answer; known soon after it has fallen silent. */
  readonly isAway: () => boolean;
}

const LOOK_EVERY_MS = 50;

/** What `ask` answers; where it has not before the other one is away, or fails because of that, what `instead` does. */
export async function unlessAway<Answer>(
  { clock, isAway }: UnlessAwayDeps,
  ask: () => Promise<Answer>,
  instead: () => Promise<Answer>,
): Promise<Answer> {
  if (isAway()) return instead();
  const over = new AbortController();
  const asked = ask().then((answer) => ({ answer }));
  try {
    const first = await Promise.race([asked, untilAway({ clock, isAway }, over.signal)]);
    if (first !== undefined) return first.answer;
  } catch (error) {
    if (!isAway() || !hasCode(error, 'unavailable')) throw error;
  } finally {
    over.abort();
  }
  // Its failure is nobody's concern any more.
  asked.catch(() => undefined);
  return instead();
}

async function untilAway({ clock, isAway }: UnlessAwayDeps, over: AbortSignal): Promise<undefined> {
  while (!isAway() && !over.aborted) await clock.sleep(LOOK_EVERY_MS, over);
}
