/** The posts that are kept in this browser until they are sent: to go on with, or to delete. */
import { type Draft, deleteDraft, drafts, saveDraft } from '../../state/drafts.ts';
import { showToast } from '../../state/toasts.ts';
import { Button } from '../../ui/button.tsx';
import { countText } from '../../ui/count.tsx';
import { Time } from '../../ui/time.tsx';
import './draft-list.css';

export interface DraftListProps {
  readonly onOpen: (draft: Draft) => void;
}

export function DraftList({ onOpen }: DraftListProps) {
  async function goOn(draft: Draft): Promise<void> {
    // While it is being changed it does not wait to be sent.
    const taken = { ...draft, isWaiting: false };
    await saveDraft(taken);
    onOpen(taken);
  }

  return (
    <>
      <p class="muted small">Kept in this browser only.</p>
      <ul>
        {drafts.value.map((draft) => (
          <DraftRow key={draft.key} draft={draft} onGoOn={() => void goOn(draft)} />
        ))}
      </ul>
    </>
  );
}

function DraftRow({ draft, onGoOn }: { readonly draft: Draft; readonly onGoOn: () => void }) {
  const { text, pictures, changedAt } = draft;
  return (
    <li class="draft">
      <p dir="auto" class="draft-text one-line">
        {text}
      </p>
      {pictures.length > 0 && (
        <span class="muted small">{countText(pictures.length, 'picture', 'pictures')}</span>
      )}
      <span class="muted small">
        <Time at={new Date(changedAt).toISOString()} />
        {fateOf(draft)}
      </span>
      <Button size="small" onClick={onGoOn}>
        Go on
      </Button>
      <Button size="small" tone="danger" onClick={() => void forget(draft)}>
        Delete
      </Button>
    </li>
  );
}

function fateOf({ isWaiting, triedAt }: Draft): string {
  if (isWaiting) return ' · waits to be sent once the server is back';
  return triedAt === null ? '' : ' · was sent without an answer: look whether it is there';
}

async function forget(draft: Draft): Promise<void> {
  await deleteDraft(draft.key);
  const undo = { label: 'Undo', run: () => void saveDraft(draft) };
  showToast({ text: 'The draft is deleted.', action: undo });
}
