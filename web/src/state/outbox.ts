/**
 * Sends what was written while the server was away, the oldest first, each under the key of its first attempt. What the
 * server refuses becomes a draft again, and so does what has waited longer than the server remembers keys: sent again, it
 * might be there twice.
 */
import { computed, effect } from '@preact/signals';
import { type Problem, toProblem } from '../api/problem.ts';
import { navigate } from '../navigation/location.ts';
import { type Draft, loadDrafts, readDraft, saveDraft, sendDraft, waitingDrafts } from './drafts.ts';
import { isThere } from './server.ts';
import { isSignedIn, me } from './session.ts';
import { showToast } from './toasts.ts';

/** The server keeps keys for 24 hours; its clock and this one may differ. */
const WAITING_MS_MAX = 22 * 3_600_000;
const RETRY_MS_MIN = 2_000;
const RETRY_MS_MAX = 10_000;

let isSending = false;
let retryMs = RETRY_MS_MIN;
let timer: ReturnType<typeof setTimeout> | undefined;

const userId = computed(() => me.value?.user_id);
effect(() => {
  if (userId.value !== undefined) void loadDrafts();
});
effect(() => {
  if (!(isThere.value && isSignedIn.value && waitingDrafts.value.length > 0)) return;
  // However long it was away: now it is back.
  retryMs = RETRY_MS_MIN;
  void sendWaiting();
});

async function sendWaiting(): Promise<void> {
  if (isSending) return;
  isSending = true;
  clearTimeout(timer);
  try {
    for (let next = oldest(); next !== undefined; next = oldest()) {
      const problem = await send(next);
      if (problem !== undefined) return sendLater(problem);
      retryMs = RETRY_MS_MIN;
    }
  } finally {
    isSending = false;
  }
}

/** A server that has just come back may refuse for a moment. */
function sendLater({ retryAfterS = 0 }: Problem): void {
  timer = setTimeout(sendWaiting, Math.max(retryAfterS * 1_000, retryMs));
  retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
}

function oldest(): Draft | undefined {
  return waitingDrafts.value.at(-1);
}

/** Answers why it has to wait on; `undefined`: it no longer does. */
async function send({ key }: Draft): Promise<Problem | undefined> {
  const draft = await readDraft(key);
  if (draft?.isWaiting !== true) {
    await loadDrafts();
    return undefined;
  }
  if (Date.now() - (draft.triedAt ?? 0) > WAITING_MS_MAX) {
    await giveBack(draft, 'A post has waited for a day. See whether it is there before you send it again.');
    return undefined;
  }
  try {
    await sendDraft(draft);
    showToast({ text: 'Posted.' });
    return undefined;
  } catch (error) {
    const problem = toProblem(error);
    // Of a session that has ended it is sent in the next one.
    if (problem.isUncertain || problem.status === 429 || problem.status === 401) return problem;
    await giveBack({ ...draft, triedAt: null }, `A post was not taken: ${problem.message}`);
    return undefined;
  }
}

async function giveBack(draft: Draft, text: string): Promise<void> {
  await saveDraft({ ...draft, isWaiting: false });
  const action = { label: 'To the drafts', run: () => navigate('/drafts') };
  showToast({ text, tone: 'danger', action });
}
