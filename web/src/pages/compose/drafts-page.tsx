/** Where the notice of posts that wait leads: the drafts, and nothing over them. */
import { useState } from 'preact/hooks';
import { Composer } from '../../posts/composer.tsx';
import { type Draft, drafts } from '../../state/drafts.ts';
import { isSignedIn } from '../../state/session.ts';
import { PageHead } from '../../ui/page.tsx';
import { SignInFirst } from '../../ui/sign-in-first.tsx';
import { Empty } from '../../ui/states.tsx';
import { DraftList } from './draft-list.tsx';

export function DraftsPage() {
  return isSignedIn.value ? <Drafts /> : <SignInFirst title="Drafts" what="your drafts" />;
}

function Drafts() {
  const [open, setOpen] = useState<Draft>();
  return (
    <>
      <PageHead title="Drafts" />
      {drafts.value.length === 0 ? (
        <Empty title="No drafts">
          <p>What you write is kept in this browser until it is posted.</p>
          <a class="button button-primary" href="/compose">
            Write a post
          </a>
        </Empty>
      ) : (
        <div class="page-body">
          <DraftList onOpen={setOpen} />
        </div>
      )}
      {open !== undefined && <Composer key={open.key} draft={open} onClose={() => setOpen(undefined)} />}
    </>
  );
}
