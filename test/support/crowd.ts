/** People who follow someone and do nothing else, loaded as `groundswell seed` does while a server runs. */
import { systemClock, systemRandomness } from '../../src/core/clock.ts';
import { createPostgresEventLog } from '../../src/ports/event-log/postgres-event-log.ts';
import type { SqlStore } from '../../src/ports/sql-store/sql-store.ts';
import { seededFollowId, seededUser } from '../../src/seed/seeded-content.ts';
import { bulkLoadUsers } from '../../src/systems/accounts/users/bulk-load.ts';
import { bulkLoadFollows } from '../../src/systems/feed/relationships/bulk-load.ts';
import { createLog } from '../../src/telemetry/log.ts';

export interface CrowdedUser {
  readonly userId: string;
  readonly username: string;
  /** Loaded followers. */
  readonly followers: number;
}

export async function loadCrowd(sql: SqlStore, crowded: readonly CrowdedUser[]): Promise<void> {
  const size = Math.max(...crowded.map(({ followers }) => followers));
  const crowd = Array.from({ length: size }, (_, index) => seededUser(String(index), 'crowd_'));
  await bulkLoadUsers(sql, crowd);
  const follows = crowded.flatMap(({ userId, username, followers }) => {
    const followee = { ...seededUser(username, ''), userId: Number(userId) };
    return crowd.slice(0, followers).map((follower) => ({
      followerId: follower.userId,
      followeeId: followee.userId,
      followId: seededFollowId(follower, followee),
    }));
  });
  const log = createLog({ level: 'silent', pretty: false });
  const [clock, randomness] = [systemClock, systemRandomness];
  const eventLog = createPostgresEventLog({ sqlStore: sql, clock, randomness, log });
  await bulkLoadFollows({ sql, eventLog }, follows);
  await eventLog.close();
}
