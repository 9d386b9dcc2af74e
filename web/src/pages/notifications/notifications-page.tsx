/** What others did that concerns the reader: likes, reposts and follows by groups, answers and mentions one by one. */
import { useEffect, useState } from 'preact/hooks';
import { get } from '../../api/http.ts';
import type { Notification, Page } from '../../api/types.ts';
import { entry, keptBy } from '../../navigation/location.ts';
import { onLive } from '../../state/live.ts';
import { isSignedIn } from '../../state/session.ts';
import { markRead } from '../../state/unread.ts';
import { Button } from '../../ui/button.tsx';
import { createItemList, ItemList, type Items } from '../../ui/item-list.tsx';
import { PageHead } from '../../ui/page.tsx';
import { SignInFirst } from '../../ui/sign-in-first.tsx';
import { Empty } from '../../ui/states.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { NotificationRow } from './notification-row.tsx';

const PAGE = 30;
const KINDS = { all: undefined, mentions: 'reply,mention' } as const;

export function NotificationsPage() {
  if (!isSignedIn.value)
    return <SignInFirst title="Notifications" what="what others did that concerns you" />;
  const tab = entry.value.query.get('tab') === 'mentions' ? 'mentions' : 'all';
  return <NotificationList key={tab} tab={tab} />;
}

function NotificationList({ tab }: { readonly tab: keyof typeof KINDS }) {
  const [visit] = useState(() => entry.value);
  const [hasNew, setNew] = useState(false);
  const list = keptBy(visit, `notifications-${tab}`, () =>
    createItemList<Notification>((pageToken) =>
      get<Page<Notification>>('/notifications', {
        query: { limit: PAGE, kinds: KINDS[tab], page_token: pageToken ?? undefined },
      }),
    ),
  );
  useEffect(() => onLive('notification', () => setNew(true)), []);
  useMarkRead(list);

  return (
    <>
      <PageHead title="Notifications" isRoot />
      <Tabs
        name="Which notifications"
        tabs={[
          { label: 'All', href: '/notifications', isCurrent: tab === 'all' },
          { label: 'Mentions', href: '/notifications?tab=mentions', isCurrent: tab === 'mentions' },
        ]}
      />
      {hasNew && (
        <p class="notifications-new">
          <Button
            tone="primary"
            size="small"
            onClick={() => {
              setNew(false);
              scrollTo(0, 0);
              void list.reload();
            }}
          >
            Show new notifications
          </Button>
        </p>
      )}
      <ItemList
        list={list}
        what="The notifications could not be loaded"
        keyOf={({ group_id: id }) => id}
        show={(notification) => <NotificationRow notification={notification} />}
        empty={
          <Empty title="Nothing yet">
            <p class="muted">When somebody follows, likes, answers or names you, it is here.</p>
          </Empty>
        }
      />
    </>
  );
}

/** What was on the screen counts as read, if the page was looked at. */
function useMarkRead({ items }: Items<Notification>): void {
  const newest = items.value[0]?.notification_id;
  const isUnread = items.value.some(({ read }) => !read);
  useEffect(() => {
    if (newest === undefined || !isUnread) return;
    const mark = (): void => {
      if (document.visibilityState !== 'visible') return;
      document.removeEventListener('visibilitychange', mark);
      markRead(newest).catch(() => undefined);
    };
    document.addEventListener('visibilitychange', mark);
    mark();
    return () => document.removeEventListener('visibilitychange', mark);
  }, [newest, isUnread]);
}
