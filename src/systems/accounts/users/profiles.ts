/** Users as one viewer sees them: from memory, and one query for what is theirs and the viewer's, however many they are. */
import type { Id } from '../../../core/ids.ts';
import {
  type DescribeUsers,
  type GetUsers,
  NO_COUNTS,
  NO_RELATIONSHIP,
  type StandingsOf,
  type User,
  type UserCounts,
} from '../../../core/user.ts';

export interface ProfilesDeps {
  readonly getUsers: GetUsers;
  /** Who is not in the answer has no counts yet. */
  readonly countsOf: (userIds: readonly Id[]) => Promise<ReadonlyMap<Id, UserCounts>>;
  /** Who is not in the answer has no counts and nothing to do with the viewer. */
  readonly standingsOf: StandingsOf;
}

export interface Profiles {
  readonly describeUsers: DescribeUsers;
  countsOf(userId: Id): Promise<UserCounts>;
}

export function createProfiles({ getUsers, countsOf, standingsOf }: ProfilesDeps): Profiles {
  /** Of whom nobody is compared with, the counts may be read from a replica. */
  async function seenBy(viewerId: Id | undefined, userIds: readonly Id[]) {
    if (viewerId !== undefined && userIds.some((userId) => userId !== viewerId)) {
      return standingsOf(viewerId, userIds);
    }
    const counts = await countsOf(userIds);
    return new Map([...counts].map(([userId, of]) => [userId, { counts: of, relationship: undefined }]));
  }

  return {
    async describeUsers(viewerId, userIds) {
      if (userIds.length === 0) return [];
      const [users, standings] = await Promise.all([getUsers(userIds), seenBy(viewerId, userIds)]);
      return userIds.flatMap((userId) => {
        const user: User | undefined = users.get(userId);
        if (user === undefined) return [];
        const standing = standings.get(userId);
        const isAlone = viewerId === undefined || viewerId === userId;
        const relationship = isAlone ? null : (standing?.relationship ?? NO_RELATIONSHIP);
        return [{ ...user, counts: standing?.counts ?? NO_COUNTS, relationship }];
      });
    },

    async countsOf(userId) {
      return (await countsOf([userId])).get(userId) ?? NO_COUNTS;
    },
  };
}
