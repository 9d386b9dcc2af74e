/** Followers of a person, and whom they follow. */

import { useState } from 'preact/hooks';
import { get } from '../../api/http.ts';
import type { Page, User } from '../../api/types.ts';
import { entry, keptBy } from '../../navigation/location.ts';
import type { PageProps } from '../../navigation/routes.ts';
import { UserRow } from '../../posts/user-row.tsx';
import { createItemList, ItemList } from '../../ui/item-list.tsx';
import { PageHead } from '../../ui/page.tsx';
import { Empty } from '../../ui/states.tsx';

const TITLES = { followers: 'Followers', following: 'Following' } as const;
const PAGE = 40;

export function UserListPage({ params }: PageProps) {
  const name = params['name'] ?? '';
  const kind = params['list'] === 'followers' ? 'followers' : 'following';
  const [visit] = useState(() => entry.value);
  const list = keptBy(visit, kind, () => {
    let userId: string | undefined;
    return createItemList<User>(async (pageToken) => {
      userId ??= (await get<Page<User>>('/users', { query: { username: name } })).items[0]?.user_id;
      if (userId === undefined) return { items: [], next_page_token: null };
      return get(`/users/${userId}/${kind}`, { query: { limit: PAGE, page_token: pageToken ?? undefined } });
    });
  });
  return (
    <>
      <PageHead title={`${TITLES[kind]} of @${name}`} />
      <ItemList
        list={list}
        what="The list could not be loaded"
        keyOf={(user) => user.user_id}
        show={(user) => <UserRow user={user} />}
        empty={<Empty title="Nobody yet" />}
      />
    </>
  );
}
