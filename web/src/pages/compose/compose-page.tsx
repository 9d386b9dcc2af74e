/** Where a post begins that is no answer, and the drafts that were kept. */
import { useState } from 'preact/hooks';
import { navigate } from '../../navigation/location.ts';
import { Composer } from '../../posts/composer.tsx';
import { type Draft, deleteDraft, drafts, saveDraft } from '../../state/drafts.ts';
import { isSignedIn } from '../../state/session.ts';
import { showToast } from '../../state/toasts.ts';
import { Button } from '../../ui/button.tsx';
import { countText } from '../../ui/count.tsx';
import { PageHead } from '../../ui/page.tsx';
import { SignInFirst } from '../../ui/sign-in-first.tsx';
import { Time } from '../../ui/time.tsx';
import './compose-page.css';

export function ComposePage() {
  return isSignedIn.value ? <Compose /> : <SignInFirst title="New post" what="your drafts" />;
}

function Compose() {
  const [open, setOpen] = useState<Draft | 'new' | undefined>('new');

  async function goOn(draft: Draft): Promise<void> {
    // While it is being changed it does not wait to be sent.
    const taken = { ...draft, isWaiting: false };
    await saveDraft(taken);
    setOpen(taken);
  }

  async function forget(draft: Draft): Promise<void> {
    await deleteDraft(draft.key);
    const undo = { label: 'Undo', run: () => void saveDraft(draft) };
    showToast({ text: 'The draft is deleted.', action: undo });
  }

  return (
    <>
      <PageHead title="New post" />
      <div class="page-body">
        <p>
          <Button tone="primary" icon="write" onClick={() => setOpen('new')}>
            Write a post
          </Button>
        </p>
        {drafts.value.length > 0 && (
          <section aria-labelledby="drafts">
            <h2 id="drafts">Drafts</h2>
            <p class="muted small">Kept in this browser only.</p>
            <ul>
              {drafts.value.map((draft) => (
                <li key={draft.key} class="draft">
                  <p dir="auto" class="draft-text one-line">
                    {draft.text}
                  </p>
                  {draft.pictures.length > 0 && (
                    <span class="muted small">{countText(draft.pictures.length, 'picture', 'pictures')}</span>
                  )}
                  <span class="muted small">
                    <Time at={new Date(draft.changedAt).toISOString()} />
                    {draft.isWaiting
                      ? ' · waits to be sent once the server is back'
                      : draft.triedAt !== null && ' · was sent without an answer: look whether it is there'}
                  </span>
                  <Button size="small" onClick={() => void goOn(draft)}>
                    Go on
                  </Button>
                  <Button size="small" tone="danger" onClick={() => void forget(draft)}>
                    Delete
                  </Button>
                </li>
              ))}
            </ul>
          </section>
        )}
      </div>
      {open !== undefined && (
        <Composer
          key={open === 'new' ? 'new' : open.key}
          {...(open !== 'new' && { draft: open })}
          onClose={() => setOpen(undefined)}
          onSent={() => navigate('/', { replace: true })}
        />
      )}
    </>
  );
}
