import { useState } from 'preact/hooks';
import { get } from '../../api/http.ts';
import type { Page, Post } from '../../api/types.ts';
import { entry, keptBy } from '../../navigation/location.ts';
import { Feed } from '../../posts/feed.tsx';
import { createFeedList } from '../../posts/feed-list.ts';
import { isSignedIn } from '../../state/session.ts';
import { PageHead } from '../../ui/page.tsx';
import { SignInFirst } from '../../ui/sign-in-first.tsx';
import { Empty } from '../../ui/states.tsx';

export function BookmarksPage() {
  return isSignedIn.value ? <Bookmarks /> : <SignInFirst title="Bookmarks" what="what you have kept" />;
}

function Bookmarks() {
  const [visit] = useState(() => entry.value);
  const list = keptBy(visit, 'bookmarks', () =>
    createFeedList(
      (pageToken) => get<Page<Post>>('/bookmarks', { query: { page_token: pageToken ?? undefined } }),
      // By when they were kept.
      { isByTime: false },
    ),
  );
  return (
    <>
      <PageHead title="Bookmarks" isRoot />
      <Feed
        name="Bookmarks"
        list={list}
        empty={
          <Empty title="Nothing kept yet">
            <p class="muted">The bookmark below a post keeps it here. Nobody else learns of it.</p>
          </Empty>
        }
      />
    </>
  );
}
