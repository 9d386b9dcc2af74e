/** Where a post begins that is no answer, and the drafts that were kept. */
import { useState } from 'preact/hooks';
import { navigate } from '../../navigation/location.ts';
import { Composer } from '../../posts/composer.tsx';
import { type Draft, drafts } from '../../state/drafts.ts';
import { isSignedIn } from '../../state/session.ts';
import { Button } from '../../ui/button.tsx';
import { PageHead } from '../../ui/page.tsx';
import { SignInFirst } from '../../ui/sign-in-first.tsx';
import { DraftList } from './draft-list.tsx';

export function ComposePage() {
  return isSignedIn.value ? <Compose /> : <SignInFirst title="New post" what="your drafts" />;
}

function Compose() {
  const [open, setOpen] = useState<Draft | 'new' | undefined>('new');
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
            <DraftList onOpen={setOpen} />
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
