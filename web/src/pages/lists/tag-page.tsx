import { useState } from 'preact/hooks';
import { get } from '../../api/http.ts';
import type { Page, Post } from '../../api/types.ts';
import { entry, keptBy } from '../../navigation/location.ts';
import type { PageProps } from '../../navigation/routes.ts';
import { Feed } from '../../posts/feed.tsx';
import { createFeedList } from '../../posts/feed-list.ts';
import { PageHead } from '../../ui/page.tsx';
import { Empty } from '../../ui/states.tsx';

/** Public posts with a tag. */
export function TagPage({ params }: PageProps) {
  const tag = params['tag'] ?? '';
  const [visit] = useState(() => entry.value);
  const list = keptBy(visit, 'tag', () =>
    createFeedList((pageToken) =>
      get<Page<Post>>(`/tags/${encodeURIComponent(tag)}/posts`, {
        query: { page_token: pageToken ?? undefined },
      }),
    ),
  );
  return (
    <>
      <PageHead title={`#${tag}`} />
      <Feed
        name={`Posts with #${tag}`}
        list={list}
        empty={<Empty title={`Nobody has written about #${tag} yet`} />}
      />
    </>
  );
}
