/** Looking for posts, people and tags. What is looked for is in the address, so that it can be passed on. */
import { useState } from 'preact/hooks';
import { get } from '../../api/http.ts';
import type { Page, Post, TagUse, User } from '../../api/types.ts';
import { addressOf, SearchField, type SearchType } from '../../discovery/search-field.tsx';
import { Suggestions } from '../../discovery/suggestions.tsx';
import { Trends } from '../../discovery/trends.tsx';
import { entry, keptBy } from '../../navigation/location.ts';
import { Feed } from '../../posts/feed.tsx';
import { createFeedList } from '../../posts/feed-list.ts';
import { UserRow } from '../../posts/user-row.tsx';
import { countText } from '../../ui/count.tsx';
import { createItemList, ItemList } from '../../ui/item-list.tsx';
import { PageHead } from '../../ui/page.tsx';
import { Empty } from '../../ui/states.tsx';
import { Tabs } from '../../ui/tabs.tsx';

const PAGE = 20;
const TYPES: readonly { readonly type: SearchType; readonly label: string }[] = [
  { type: 'posts', label: 'Posts' },
  { type: 'users', label: 'People' },
  { type: 'tags', label: 'Tags' },
];

export function SearchPage() {
  const { query } = entry.value;
  const q = query.get('q') ?? '';
  const type = TYPES.find((each) => each.type === query.get('type'))?.type ?? 'posts';
  return (
    <>
      <PageHead title="Search" isRoot />
      <SearchField key={q} q={q} type={type} takesFocus={q === ''} />
      {q === '' ? (
        <>
          <Trends />
          <Suggestions />
        </>
      ) : (
        <>
          <Tabs
            name="What to look for"
            tabs={TYPES.map((each) => ({
              label: each.label,
              href: addressOf(q, each.type),
              isCurrent: each.type === type,
            }))}
          />
          <Results key={`${type} ${q}`} q={q} type={type} />
        </>
      )}
    </>
  );
}

function Results({ q, type }: { readonly q: string; readonly type: SearchType }) {
  const [visit] = useState(() => entry.value);
  const load = <Item,>(pageToken: string | null) =>
    get<Page<Item>>('/search', { query: { q, type, limit: PAGE, page_token: pageToken ?? undefined } });

  if (type === 'posts') {
    const list = keptBy(visit, `posts ${q}`, () => createFeedList((token) => load<Post>(token)));
    return <Feed name={`Posts with ${q}`} list={list} empty={<NothingFound q={q} other="users" />} />;
  }
  if (type === 'users') {
    const list = keptBy(visit, `users ${q}`, () => createItemList((token) => load<User>(token)));
    return (
      <ItemList
        list={list}
        what="The search failed"
        keyOf={(user) => user.user_id}
        show={(user) => <UserRow user={user} />}
        empty={<NothingFound q={q} other="posts" />}
      />
    );
  }
  const list = keptBy(visit, `tags ${q}`, () => createItemList((token) => load<TagUse>(token)));
  return (
    <ItemList
      list={list}
      what="The search failed"
      keyOf={({ tag }) => tag}
      show={({ tag, use_count: count }) => (
        <a class="tag-row" href={`/tags/${encodeURIComponent(tag)}`}>
          <strong dir="auto">#{tag}</strong>
          <span class="muted small">{countText(count, 'post', 'posts')}</span>
        </a>
      )}
      empty={<NothingFound q={q} other="posts" />}
    />
  );
}

const OTHERS = { posts: 'Posts', users: 'People' } as const;

function NothingFound({ q, other }: { readonly q: string; readonly other: 'posts' | 'users' }) {
  return (
    <Empty title={`Nothing was found for “${q}”`}>
      <p class="muted">
        All words must be there. Try fewer, or look among <a href={addressOf(q, other)}>{OTHERS[other]}</a>.
      </p>
    </Empty>
  );
}
