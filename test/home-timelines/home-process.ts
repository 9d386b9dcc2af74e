/** One process that answers home timelines, put together as the product does it, from parts that a test can slow down. */
import type { Id } from '../../src/core/ids.ts';
import type { Page, PageRequest } from '../../src/core/page.ts';
import type { TimelineEntry } from '../../src/systems/feed/timelines/timeline-entry.ts';
import { createTimelines } from '../../src/systems/feed/timelines/timelines.ts';
import type { SmallWorld, WorldDatabase } from './small-world.ts';

export interface HomeProcess {
  feed(readerId: Id, page: PageRequest): Promise<Page<TimelineEntry>>;
  /** The same by SQL. */
  oracle(readerId: Id, page: PageRequest): Promise<Page<TimelineEntry>>;
}

export function createSqlProcess(database: WorldDatabase, world: SmallWorld): HomeProcess {
  const { hydration, getUsers } = world;
  const timelines = createTimelines({ sql: database.sql, hydration, getUsers });
  return { feed: timelines.feed, oracle: timelines.feed };
}
