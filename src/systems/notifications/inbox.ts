/** Reading notifications: a page of groups, then one query for each kind of thing that is in them. */
import { ID_MAX, type Id } from '../../core/ids.ts';
import type { GetUsers, User } from '../../core/user.ts';
import type { SqlStore } from '../../ports/sql-store/sql-store.ts';
import {
  type GroupPageParams,
  type GroupPageRow,
  getMembers,
  type MemberRow,
  pageGroups,
} from './inbox-queries.ts';
import { getReadMark } from './inboxes-queries.ts';
import {
  isAboutPost,
  NOTIFICATION_KINDS,
  type NotificationItem,
  type NotificationKind,
  type ShownPost,
} from './notification.ts';
import type { TiesOf } from './notification-admission.ts';

/** Shown of those who did it. */
export const ACTORS_MAX = 5;
/** Unread items are counted up to here. */
export const UNREAD_COUNT_MAX = 100;
/** Notifications of a group that are looked at: so many may be hidden before its count is not exact. */
const MEMBERS_LOOKED_AT = 16;
/** Of groups whose first were all by people whom the reader does not see. A group in which these are too is left out. */
export const MEMBERS_LOOKED_AT_TWICE = 256;
/** A page that is still short after these leads on to the next one; one is the rule. */
const ROUNDS_MAX = 10;

/** Where a walk through the pages is. */
export interface WalkPlace {
  /** The newest notification when it began. */
  readonly from: Id;
  /** The next page is below this place. */
  readonly before: Id;
}

export interface NotificationPage {
  readonly items: readonly NotificationItem[];
  readonly next: WalkPlace | undefined;
}

export interface UnreadCount {
  /** At most UNREAD_COUNT_MAX. */
  readonly unreadCount: number;
  /** There are more than that. */
  readonly more: boolean;
}

export interface Inbox {
  /**
   * Newest first. A walk shows every group that it would have shown in one page when it began, once, whatever is added
   * meanwhile; what has been withdrawn since is left out.
   */
  page(
    userId: Id,
    request: {
      readonly limit: number;
      readonly kinds: readonly NotificationKind[];
      readonly place: WalkPlace | undefined;
    },
  ): Promise<NotificationPage>;
  /** Items with something unread in them; those that were not once everything up to `readUpToId` is read. */
  unread(userId: Id, readUpToId?: Id): Promise<UnreadCount>;
}

export interface InboxDeps {
  readonly sql: SqlStore;
  readonly getUsers: GetUsers;
  readonly tiesOf: TiesOf;
  /** Those of the posts that the reader may see, by id. */
  readonly getPosts: (viewerId: Id, postIds: readonly Id[]) => Promise<ReadonlyMap<Id, ShownPost>>;
}

export function createInbox(deps: InboxDeps): Inbox {
  const { sql } = deps;

  function groupsOf({ userId, kinds, from, before, after, limit }: GroupPageParams): Promise<GroupPageRow[]> {
    return sql.query(pageGroups, [userId, kinds, from, before, after, limit]);
  }

  async function readMarkOf(userId: Id): Promise<Id> {
    return (await sql.query(getReadMark, [userId]))[0]?.read_up_to_id ?? 0;
  }

  return {
    async page(userId, { limit, kinds, place }) {
      const readUpToId = await readMarkOf(userId);
      let { from, before } = place ?? { from: ID_MAX, before: ID_MAX };
      const items: NotificationItem[] = [];
      for (let round = 0; round < ROUNDS_MAX; round += 1) {
        const wanted = limit - items.length;
        const found = await groupsOf({ userId, kinds, from, before, after: 0, limit: wanted + 1 });
        // The walk begins with what there is: all that is added from now on is above it.
        if (from === ID_MAX) from = found[0]?.place ?? from;
        const groups = found.slice(0, wanted);
        items.push(...(await assemble(deps, { userId, from, readUpToId }, groups)));
        // The one too many only tells that there is more.
        if (found.length <= wanted) return { items, next: undefined };
        before = groups.at(-1)?.place ?? before;
        if (items.length === limit) break;
      }
      return { items, next: { from, before } };
    },

    async unread(userId, readUpTo = 0) {
      const readUpToId = Math.max(readUpTo, await readMarkOf(userId));
      let before = ID_MAX;
      let unread = 0;
      for (let round = 0; round < ROUNDS_MAX && unread <= UNREAD_COUNT_MAX; round += 1) {
        const limit = UNREAD_COUNT_MAX + 1;
        const request = { userId, kinds: NOTIFICATION_KINDS, from: ID_MAX, before, after: readUpToId, limit };
        const groups = await groupsOf(request);
        const items = await assemble(deps, { userId, from: ID_MAX, readUpToId }, groups);
        unread += items.filter((item) => !item.read).length;
        if (groups.length < limit) break;
        before = groups.at(-1)?.place ?? before;
      }
      return { unreadCount: Math.min(unread, UNREAD_COUNT_MAX), more: unread > UNREAD_COUNT_MAX };
    },
  };
}

interface Reading {
  readonly userId: Id;
  readonly from: Id;
  readonly readUpToId: Id;
}

interface Seen {
  readonly users: ReadonlyMap<Id, User>;
  /** Those between whom and the reader nothing stands. */
  readonly heard: ReadonlySet<Id>;
}

/** What is to be shown of the groups, in their order; without those of which the reader may see nothing. */
async function assemble(
  deps: InboxDeps,
  reading: Reading,
  groups: readonly GroupPageRow[],
): Promise<NotificationItem[]> {
  if (groups.length === 0) return [];
  const postIds = groups.filter(({ kind }) => isAboutPost(kind)).map((group) => group.subject_id);
  const [first, posts] = await Promise.all([
    look(deps, reading, groups, MEMBERS_LOOKED_AT),
    postIds.length === 0 ? new Map<Id, ShownPost>() : deps.getPosts(reading.userId, postIds),
  ]);
  const unseen = groups.filter(
    ({ group_id, shown_count }) =>
      shown_count > MEMBERS_LOOKED_AT && first.get(group_id)?.actors.length === 0,
  );
  const second = await look(deps, reading, unseen, MEMBERS_LOOKED_AT_TWICE);
  return groups.flatMap((group) => {
    const post = isAboutPost(group.kind) ? posts.get(group.subject_id) : null;
    const members = second.get(group.group_id) ?? first.get(group.group_id);
    if (post === undefined || members === undefined) return [];
    return itemOf(group, members, post, reading.readUpToId);
  });
}

interface Members {
  /** Who did it and is seen by the reader, newest first. */
  readonly actors: readonly User[];
  readonly newest: MemberRow | undefined;
  readonly hiddenCount: number;
}

async function look(
  deps: InboxDeps,
  { userId, from }: Reading,
  groups: readonly GroupPageRow[],
  limit: number,
): Promise<ReadonlyMap<Id, Members>> {
  if (groups.length === 0) return new Map();
  const groupIds = groups.map((group) => group.group_id);
  const rows = await deps.sql.query(getMembers, [userId, groupIds, from, limit]);
  const { users, heard } = await see(deps, userId, [...new Set(rows.map((row) => row.actor_id))]);
  return new Map(
    [...byGroup(rows)].map(([groupId, members]) => {
      const seen = members.filter(({ actor_id }) => heard.has(actor_id) && users.has(actor_id));
      const actors = seen.flatMap(({ actor_id }) => users.get(actor_id) ?? []);
      return [groupId, { actors, newest: seen[0], hiddenCount: members.length - seen.length }];
    }),
  );
}

function byGroup(rows: readonly MemberRow[]): ReadonlyMap<Id, MemberRow[]> {
  const groups = new Map<Id, MemberRow[]>();
  for (const row of rows) {
    const members = groups.get(row.group_id);
    if (members === undefined) groups.set(row.group_id, [row]);
    else members.push(row);
  }
  return groups;
}

async function see({ getUsers, tiesOf }: InboxDeps, userId: Id, actorIds: readonly Id[]): Promise<Seen> {
  const [users, ties] = await Promise.all([
    getUsers(actorIds),
    tiesOf(actorIds.map((actorId) => ({ viewerId: userId, userId: actorId }))),
  ]);
  const heard = actorIds.filter((_, index) => ties[index]?.muting === false && !ties[index].blocked);
  return { users, heard: new Set(heard) };
}

function itemOf(
  group: GroupPageRow,
  { actors, newest, hiddenCount }: Members,
  post: ShownPost | null,
  readUpToId: Id,
): NotificationItem[] {
  if (newest === undefined) return [];
  return [
    {
      groupId: group.group_id,
      notificationId: newest.notification_id,
      kind: group.kind,
      groupCount: Math.max(group.shown_count - hiddenCount, actors.length),
      actors: actors.slice(0, ACTORS_MAX),
      post,
      createdAt: newest.created_at,
      read: newest.notification_id <= readUpToId,
    },
  ];
}
