import { useComputed } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { get } from '../../api/http.ts';
import type { FeedItem, Page } from '../../api/types.ts';
import { entry, keptBy } from '../../navigation/location.ts';
import { Composer } from '../../posts/composer.tsx';
import { Feed } from '../../posts/feed.tsx';
import type { FeedEntry } from '../../posts/feed-entries.ts';
import { createFeedList, type FeedList } from '../../posts/feed-list.ts';
import { lastSent } from '../../state/drafts.ts';
import { dropPost, keepHome, keepNewer, lastSeen, shownAsOf } from '../../state/last-seen.ts';
import { onLive } from '../../state/live.ts';
import { isConfirmed } from '../../state/server.ts';
import { isSignedIn, me } from '../../state/session.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { PageHead } from '../../ui/page.tsx';
import { Empty } from '../../ui/states.tsx';
import { FirstStepsLater } from './first-steps-later.tsx';
import './home-page.css';
import { Welcome } from './welcome.tsx';

const PAGE = 20;

export function HomePage() {
  return isSignedIn.value ? <HomeTimeline /> : <Welcome />;
}

function createHomeList(): FeedList {
  const list = createFeedList(async (pageToken) => {
    // While the server is away: what was last seen, of which it cannot say what is newer.
    const seen = list.entries.value.length === 0 && !isConfirmed.value ? await lastSeen() : undefined;
    if (seen !== undefined) {
      shownAsOf.value = seen.seenAt;
      return seen.home;
    }
    const query = { limit: PAGE, page_token: pageToken ?? undefined };
    const page = await get<Page<FeedItem>>('/feed', { query });
    if (pageToken === null && me.value != null) keepHome(me.value, page);
    return page;
  });
  return list;
}

/** What comes while home is open. Answers what ends it. */
function listening(list: FeedList): () => void {
  const ends = [
    onLive('post', ({ entry_id, reposted_by, post }) => {
      const item = { ...post, entry_id, reposted_by };
      list.arrive(item);
      if (!keepNewer(item)) void list.look();
    }),
    onLive('post_deleted', ({ post_id: postId }) => dropPost(postId)),
    onLive('unreposted', ({ entry_id: entryId }) => list.withdraw(entryId)),
    onLive('ready', ({ resumed }) => {
      if (!resumed) void list.look();
    }),
    onLive('gap', () => void list.look()),
    lastSent.subscribe((post) => {
      if (post !== undefined) list.arrive(post, { atOnce: true });
    }),
  ];
  return () => {
    for (const end of ends) end();
  };
}

/** Somebody has written before following anyone, or those whom they follow have not written yet. */
function isOwnAlone(entries: readonly FeedEntry[]): boolean {
  return entries.length > 0 && entries.every(({ post }) => post.value.author.user_id === me.value?.user_id);
}

function HomeTimeline() {
  const [visit] = useState(() => entry.value);
  const list = keptBy(visit, 'home', createHomeList);
  const [isWriting, setWriting] = useState(false);
  const isOnlyOwn = useComputed(() => list.isComplete.value && isOwnAlone(list.entries.value));
  useEffect(() => listening(list), [list]);
  return (
    <>
      <PageHead title="Home" isRoot />
      <button type="button" class="home-prompt" onClick={() => setWriting(true)}>
        {me.value != null && <Avatar user={me.value} />}
        <span class="muted">What is happening?</span>
      </button>
      {isWriting && <Composer onClose={() => setWriting(false)} />}
      <Feed name="Home timeline" list={list} empty={<FirstStepsLater />} />
      {isOnlyOwn.value && (
        <Empty title="Nobody else is here yet">
          <a class="button button-primary" href="/explore">
            Find people to follow
          </a>
        </Empty>
      )}
    </>
  );
}
