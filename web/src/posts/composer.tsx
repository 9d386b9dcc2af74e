/** Where a post is written. What is typed is kept at once; closing keeps it, and only sending or deleting ends it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { type Problem, toProblem } from '../api/problem.ts';
import type { Post, Visibility } from '../api/types.ts';
import { announce } from '../state/announcer.ts';
import { type Draft, saveDraft, sendDraft } from '../state/drafts.ts';
import { updatePost } from '../state/posts.ts';
import { isThere } from '../state/server.ts';
import { altReminder } from '../state/settings.ts';
import { showToast } from '../state/toasts.ts';
import { Button } from '../ui/button.tsx';
import { countText } from '../ui/count.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { type Choice, Field, Select } from '../ui/field.tsx';
import { AttachmentList } from './attachments/attachment-list.tsx';
import { createAttachments, keptOf, LIMITS, TYPES } from './attachments/attachments.ts';
import './composer.css';
import { Counter, graphemesOf, TEXT_GRAPHEMES_MAX } from './counter.tsx';
import { PostText } from './post-text.tsx';
import { useDraft } from './use-draft.ts';

const VISIBILITIES: readonly Choice<Visibility>[] = [
  { value: 'public', label: 'Public: everyone' },
  { value: 'unlisted', label: 'Unlisted: everyone, but not in lists' },
  { value: 'followers', label: 'Followers only' },
  { value: 'direct', label: 'Only those it names' },
];

export interface ComposerProps {
  readonly replyTo?: Post;
  /** One that was kept. */
  readonly draft?: Draft;
  /** Pictures that were chosen before it was opened. */
  readonly files?: readonly File[];
  readonly onClose: () => void;
  readonly onSent?: (post: Post) => void;
}

export function Composer({ replyTo, draft: kept, files = [], onClose, onSent }: ComposerProps) {
  const { draft, isSaved, change, replace, end } = useDraft(kept, replyTo ?? null);
  const [state, setState] = useState<'writing' | 'sending'>('writing');
  const [problem, setProblem] = useState<Problem>();
  const [hasWarning, setHasWarning] = useState(draft.contentWarning !== '');
  const [attachments] = useState(() => createAttachments(draft.pictures));
  const [isReminded, setReminded] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const pictures = attachments.list.value;
  const undescribed = pictures.filter(({ alt }) => alt.trim() === '').length;
  const isUploading = pictures.some(({ state }) => state === 'uploading');
  const length = graphemesOf(draft.text);
  const maySend =
    (draft.text.trim() !== '' || pictures.length > 0) &&
    length <= TEXT_GRAPHEMES_MAX &&
    pictures.every(({ state }) => state === 'ready');
  useEffect(() => {
    if (files.length > 0) attachments.add(files);
    return attachments.close;
  }, [attachments]);
  useEffect(() => {
    const kept = keptOf(pictures);
    if (JSON.stringify(kept) !== JSON.stringify(draft.pictures)) change({ pictures: kept });
  }, [pictures]);

  async function send(): Promise<void> {
    if (!maySend || state === 'sending') return;
    if (undescribed > 0 && altReminder.value && !isReminded) {
      setReminded(true);
      announce('A picture has no description.', { urgent: true });
      form.current?.querySelector<HTMLElement>('[data-alt=missing]')?.focus();
      return;
    }
    setState('sending');
    setProblem(undefined);
    const tried = { ...draft, pictures: keptOf(pictures), triedAt: draft.triedAt ?? Date.now() };
    replace(tried);
    try {
      if (!isThere.value) return await keepWaiting(tried);
      const sent = await sendDraft(tried);
      end();
      if (replyTo !== undefined) updatePost(replyTo.post_id, { reply_count: replyTo.reply_count + 1 });
      showToast({ text: replyTo === undefined ? 'Posted.' : 'Your reply is posted.' });
      onSent?.(sent);
      onClose();
    } catch (error) {
      const failed = toProblem(error);
      if (failed.isUncertain) return keepWaiting(tried);
      // A refusal: nothing was posted, so the same key is free for what comes next.
      replace({ ...tried, triedAt: null });
      setProblem(failed);
      setState('writing');
      announce(failed.message, { urgent: true });
    }
  }

  /** It is sent by itself, under the same key, once the server is back. */
  async function keepWaiting(tried: Draft): Promise<void> {
    end();
    await saveDraft({ ...tried, isWaiting: true });
    showToast({ text: 'The server cannot be reached. Your post is kept, and sent once it is back.' });
    onClose();
  }

  /** Whether there were any. */
  function takeFiles(data: DataTransfer | null): boolean {
    const files = [...(data?.files ?? [])];
    if (files.length > 0) attachments.add(files);
    return files.length > 0;
  }

  const prompt = draft.replyTo === null ? 'What is happening?' : 'Write your reply';
  return (
    <Dialog
      title={draft.replyTo === null ? 'New post' : `Reply to @${draft.replyTo.author.username}`}
      wide
      onClose={onClose}
    >
      <form
        class="composer"
        ref={form}
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
        onPaste={(event) => {
          if (takeFiles(event.clipboardData)) event.preventDefault();
        }}
        onDragOver={(event) => {
          if (event.dataTransfer?.types.includes('Files')) event.preventDefault();
        }}
        onDrop={(event) => {
          if (takeFiles(event.dataTransfer)) event.preventDefault();
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !event.isComposing) void send();
        }}
      >
        {draft.replyTo !== null && (
          <blockquote class="composer-quote">
            <PostText post={draft.replyTo} />
          </blockquote>
        )}
        {hasWarning && (
          <Field
            label="Content warning"
            hint="Shown in place of the text until the reader asks for it."
            maxLength={100}
            value={draft.contentWarning}
            onInput={({ currentTarget }) => change({ contentWarning: currentTarget.value })}
          />
        )}
        <textarea
          class="composer-text"
          aria-label={prompt}
          placeholder={prompt}
          dir="auto"
          rows={5}
          autofocus
          value={draft.text}
          onInput={({ currentTarget }) => change({ text: currentTarget.value })}
        />
        <AttachmentList attachments={attachments} />
        {problem !== undefined && <p class="form-problem">{problem.message}</p>}
        <div class="composer-options">
          <Select
            label="Who sees it"
            value={draft.visibility}
            choices={VISIBILITIES}
            onChoose={(visibility) => change({ visibility })}
          />
          <Button
            size="small"
            icon="photo"
            aria-describedby="composer-limits"
            onClick={() => picker.current?.click()}
          >
            Add pictures
          </Button>
          <input
            ref={picker}
            type="file"
            hidden
            multiple
            accept={TYPES.join(',')}
            onChange={({ currentTarget }) => {
              attachments.add([...(currentTarget.files ?? [])]);
              currentTarget.value = '';
            }}
          />
          <Button
            size="small"
            aria-pressed={hasWarning}
            onClick={() => {
              if (hasWarning) change({ contentWarning: '' });
              setHasWarning(!hasWarning);
            }}
          >
            Content warning
          </Button>
        </div>
        <p class="muted small" id="composer-limits">
          {LIMITS}
        </p>
        <div class="composer-end">
          {isReminded && undescribed > 0 && (
            <p class="composer-reminder small">
              {countText(undescribed, 'picture has', 'pictures have')} no description for those who do not see
              it. Write one, or post without. You can turn this question off in Settings.
            </p>
          )}
          <footer class="composer-foot">
            <span class="muted small" aria-live="off">
              {isUploading ? 'Waiting for the pictures' : isSaved && 'Saved'}
            </span>
            <Counter length={length} />
            <Button type="submit" tone="primary" busy={state === 'sending'} disabled={!maySend}>
              {!isThere.value
                ? 'Post when it is back'
                : isReminded && undescribed > 0
                  ? 'Post without'
                  : 'Post'}
            </Button>
          </footer>
        </div>
      </form>
    </Dialog>
  );
}
