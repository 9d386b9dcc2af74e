/** A person: who they say they are, how the reader stands to them, and what they post. */
import type { Signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { get } from '../../api/http.ts';
import { type Problem, toProblem } from '../../api/problem.ts';
import type { FeedItem, Page, User } from '../../api/types.ts';
import { entry, keptBy } from '../../navigation/location.ts';
import type { PageProps } from '../../navigation/routes.ts';
import { Feed } from '../../posts/feed.tsx';
import { createFeedList } from '../../posts/feed-list.ts';
import { findUserByName, takeUser } from '../../state/users.ts';
import { PageHead } from '../../ui/page.tsx';
import { Empty, Failure, Skeleton } from '../../ui/states.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { ProfileHead } from './profile-head.tsx';
import { UserPhotos } from './user-photos.tsx';

const PAGE = 20;
const TABS = ['posts', 'replies', 'photos'] as const;
type ProfileTab = (typeof TABS)[number];

export function ProfilePage({ params }: PageProps) {
  const name = params['name'] ?? '';
  const tab = TABS.find((each) => each === params['tab']) ?? 'posts';
  const [user, setUser] = useState<Signal<User> | undefined>(() => findUserByName(name));
  const [problem, setProblem] = useState<Problem>();
  const [isMissing, setMissing] = useState(false);

  async function load(): Promise<void> {
    setProblem(undefined);
    try {
      const { items } = await get<Page<User>>('/users', { query: { username: name } });
      const [found] = items;
      setMissing(found === undefined);
      setUser(found === undefined ? undefined : takeUser(found));
    } catch (error) {
      setProblem(toProblem(error));
    }
  }

  useEffect(() => void load(), [name]);

  if (isMissing)
    return (
      <>
        <PageHead title={`@${name}`} />
        <Empty title={`There is nobody called @${name} here`}>
          <p class="muted">They may have deleted their account, or it was never theirs.</p>
        </Empty>
      </>
    );
  return (
    <>
      <PageHead title={user?.value.display_name ?? `@${name}`} />
      {problem !== undefined && (
        <Failure what="The profile could not be loaded" problem={problem} onRetry={() => void load()} />
      )}
      {user === undefined ? (
        problem === undefined && <Skeleton />
      ) : (
        <>
          <ProfileHead user={user} />
          <Tabs
            name="What they post"
            tabs={[
              { label: 'Posts', href: `/@${name}`, isCurrent: tab === 'posts' },
              { label: 'Posts and replies', href: `/@${name}/with/replies`, isCurrent: tab === 'replies' },
              { label: 'Photos', href: `/@${name}/with/photos`, isCurrent: tab === 'photos' },
            ]}
          />
          <Posted user={user.value} tab={tab} />
        </>
      )}
    </>
  );
}

function Posted({ user, tab }: { readonly user: User; readonly tab: ProfileTab }) {
  if (user.relationship?.blocked_by === true) return <Empty title={`@${user.username} blocks you`} />;
  if (user.relationship?.blocking === true)
    return (
      <Empty title={`You block @${user.username}`}>
        <p class="muted">Neither of you sees what the other posts.</p>
      </Empty>
    );
  return tab === 'photos' ? <UserPhotos user={user} /> : <UserPosts key={tab} user={user} tab={tab} />;
}

function UserPosts({ user, tab }: { readonly user: User; readonly tab: 'posts' | 'replies' }) {
  const [visit] = useState(() => entry.value);
  const list = keptBy(visit, tab, () =>
    createFeedList((pageToken) =>
      get<Page<FeedItem>>(`/users/${user.user_id}/posts`, {
        query: { limit: PAGE, replies: tab === 'replies', page_token: pageToken ?? undefined },
      }),
    ),
  );
  return <Feed name={`Posts of ${user.display_name}`} list={list} empty={<Empty title="No posts yet" />} />;
}
