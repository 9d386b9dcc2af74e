import { useEffect, useState } from 'preact/hooks';
import { get } from '../../api/http.ts';
import type { FeedItem, Page } from '../../api/types.ts';
import { entry, keptBy } from '../../navigation/location.ts';
import { Composer } from '../../posts/composer.tsx';
import { Feed } from '../../posts/feed.tsx';
import { createFeedList } from '../../posts/feed-list.ts';
import { lastSent } from '../../state/drafts.ts';
import { onLive } from '../../state/live.ts';
import { isSignedIn, me } from '../../state/session.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { PageHead } from '../../ui/page.tsx';
import { Empty } from '../../ui/states.tsx';
import './home-page.css';
import { Welcome } from './welcome.tsx';

const PAGE = 20;

export function HomePage() {
  return isSignedIn.value ? <HomeTimeline /> : <Welcome />;
}

function loadPage(pageToken: string | null): Promise<Page<FeedItem>> {
  return get('/feed', { query: { limit: PAGE, page_token: pageToken ?? undefined } });
}

function HomeTimeline() {
  const [visit] = useState(() => entry.value);
  const list = keptBy(visit, 'home', () => createFeedList(loadPage));
  const [isWriting, setWriting] = useState(false);
  useEffect(() => {
    const ends = [
      onLive('post', ({ entry_id, reposted_by, post }) => list.arrive({ ...post, entry_id, reposted_by })),
      onLive('gap', () => void list.look()),
    ];
    return () => {
      for (const end of ends) end();
    };
  }, [list]);
  useEffect(
    () =>
      lastSent.subscribe((post) => {
        if (post !== undefined) list.arrive(post, { atOnce: true });
      }),
    [list],
  );
  return (
    <>
      <PageHead title="Home" isRoot />
      <button type="button" class="home-prompt" onClick={() => setWriting(true)}>
        {me.value != null && <Avatar user={me.value} />}
        <span class="muted">What is happening?</span>
      </button>
      {isWriting && <Composer onClose={() => setWriting(false)} />}
      <Feed
        name="Home timeline"
        list={list}
        empty={
          <Empty title="Follow three people to begin">
            <p class="muted">What they post is here from then on, the newest first.</p>
            <a class="button button-primary" href="/explore">
              Find people
            </a>
          </Empty>
        }
      />
    </>
  );
}
