/** The system `discovery`, with what it needs of the feed, the accounts and the search index. */
import type { Clock } from '../core/clock.ts';
import type { Writes } from '../http/idempotency.ts';
import type { Ports } from '../ports/open-ports.ts';
import type { SearchIndex } from '../ports/search-index/search-index.ts';
import type { Accounts } from '../systems/accounts/accounts.ts';
import { createDiscovery } from '../systems/discovery/discovery.ts';
import { DISCOVERY_SCHEMAS, discoveryRoutes } from '../systems/discovery/discovery-routes.ts';
import type { MostFollowed } from '../systems/discovery/suggestions.ts';
import { createCircles } from '../systems/feed/relationships/circles.ts';
import type { ComposedSystem } from './composed-system.ts';

export interface ComposeDiscoveryDeps {
  readonly ports: Pick<Ports, 'sql' | 'searchIndex'>;
  readonly clock: Clock;
  readonly accounts: Accounts;
  readonly writes: Writes;
}

export function composeDiscovery({ ports, clock, accounts, writes }: ComposeDiscoveryDeps): ComposedSystem {
  const { sql, searchIndex } = ports;
  const discovery = createDiscovery({
    sql,
    clock,
    friendsOfFriends: createCircles({ sql }).friendsOfFriends,
    mostFollowed: createMostFollowed(searchIndex),
    describeUsers: accounts.profiles.describeUsers,
  });
  return {
    name: 'discovery',
    schemas: DISCOVERY_SCHEMAS,
    routes: (app) => discoveryRoutes(app, { discovery, writes }),
    subscriptions: discovery.subscriptions,
    jobs: discovery.jobs,
  };
}

/** Everybody whom the index knows, in its order. */
export function createMostFollowed(searchIndex: SearchIndex): MostFollowed {
  const everybody = { viewerId: undefined, followeeIds: [], hiddenIds: [] };
  return async (limit) => (await searchIndex.searchUsers('', everybody, { after: undefined, limit })).userIds;
}
