/**
 * The draft that a composer works on. It is kept a second after the last key, when the page goes away, and when the
 * composer does: also where nobody closed it, as when the session has ended.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import { newKey } from '../api/http.ts';
import type { Post } from '../api/types.ts';
import { type Draft, deleteDraft, isWorthKeeping, newDraft, saveDraft } from '../state/drafts.ts';

const SAVE_AFTER_MS = 1_000;

export interface EditedDraft {
  readonly draft: Draft;
  readonly isSaved: boolean;
  readonly change: (part: Partial<Draft>) => void;
  /** As it is by now, also when it was sent. */
  readonly replace: (draft: Draft) => void;
  /** It was sent, or is kept by somebody else. */
  readonly end: () => void;
}

export function useDraft(kept: Draft | undefined, replyTo: Post | null): EditedDraft {
  const [draft, replace] = useState<Draft>(() => kept ?? newDraft(replyTo));
  const [saved, setSaved] = useState(0);
  const latest = useRef<Draft | undefined>(draft);
  if (latest.current !== undefined) latest.current = draft;
  useEffect(
    () => () => {
      if (latest.current !== undefined && isWorthKeeping(latest.current)) void saveDraft(latest.current);
    },
    [],
  );
  useEffect(() => {
    if (!isWorthKeeping(draft)) return;
    const save = (): void => void saveDraft(draft).then(() => setSaved(draft.changedAt));
    const timer = setTimeout(save, SAVE_AFTER_MS);
    addEventListener('pagehide', save);
    return () => {
      clearTimeout(timer);
      removeEventListener('pagehide', save);
    };
  }, [draft]);

  function change(part: Partial<Draft>): void {
    // What was tried may have arrived: this is another post.
    const isTried = draft.triedAt !== null;
    if (isTried) void deleteDraft(draft.key);
    const fresh = isTried ? { key: newKey(), triedAt: null } : {};
    replace((now) => ({ ...now, ...part, ...fresh, changedAt: Date.now() }));
  }

  function end(): void {
    latest.current = undefined;
  }

  return { draft, isSaved: saved === draft.changedAt, change, replace, end };
}
