import type { Id } from '../../core/ids.ts';
import type { UserCounts } from '../../core/user.ts';

/** Of each user; by them, among those whose names are alike, the better known come first. */
export type CountFollowers = (userIds: readonly Id[]) => Promise<ReadonlyMap<Id, UserCounts>>;
