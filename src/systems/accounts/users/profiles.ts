/** Users as one viewer sees them: three batches, however many they are. */
import type { Id } from '../../../core/ids.ts';
import {
  type DescribeUsers,
  type GetUsers,
  NO_COUNTS,
  type Relationship,
  type User,
  type UserCounts,
} from '../../../core/user.ts';

export interface ProfilesDeps {
  readonly getUsers: GetUsers;
  /** Who is not in the answer has no counts yet. */
  readonly countsOf: (userIds: readonly Id[]) => Promise<ReadonlyMap<Id, UserCounts>>;
  /** Who is not in the answer has nothing to do with the viewer. */
  readonly relationshipsOf: (viewerId: Id, userIds: readonly Id[]) => Promise<ReadonlyMap<Id, Relationship>>;
}

export interface Profiles {
  readonly describeUsers: DescribeUsers;
  countsOf(userId: Id): Promise<UserCounts>;
}

const STRANGERS: Relationship = {
  following: false,
  followedBy: false,
  requested: false,
  requestedBy: false,
  muting: false,
  blocking: false,
  blockedBy: false,
};

export function createProfiles({ getUsers, countsOf, relationshipsOf }: ProfilesDeps): Profiles {
  return {
    async describeUsers(viewerId, userIds) {
      if (userIds.length === 0) return [];
      const others = userIds.filter((userId) => userId !== viewerId);
      const [users, counts, relationships] = await Promise.all([
        getUsers(userIds),
        countsOf(userIds),
        viewerId === undefined || others.length === 0 ? undefined : relationshipsOf(viewerId, others),
      ]);
      return userIds.flatMap((userId) => {
        const user: User | undefined = users.get(userId);
        if (user === undefined) return [];
        const stranger = viewerId === undefined || viewerId === userId;
        const relationship = stranger ? null : (relationships?.get(userId) ?? STRANGERS);
        return [{ ...user, counts: counts.get(userId) ?? NO_COUNTS, relationship }];
      });
    },

    async countsOf(userId) {
      return (await countsOf([userId])).get(userId) ?? NO_COUNTS;
    },
  };
}
