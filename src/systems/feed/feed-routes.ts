/** All HTTP of the system, but for photos: `photos/photos-routes.ts`. */
import type { Writes } from '../../http/idempotency.ts';
import type { App } from '../../http/server.ts';
import type { Feed } from './feed.ts';
import { PHOTO_SCHEMAS } from './photos/photos-routes.ts';
import { POST_SCHEMAS, postRoutes } from './posts/posts-routes.ts';
import { reactionRoutes } from './reactions/reactions-routes.ts';
import { RELATIONSHIP_SCHEMAS, relationshipRoutes } from './relationships/relationships-routes.ts';
import { TIMELINE_SCHEMAS, timelineRoutes } from './timelines/timelines-routes.ts';

export const FEED_SCHEMAS = [
  ...RELATIONSHIP_SCHEMAS,
  ...POST_SCHEMAS,
  ...PHOTO_SCHEMAS,
  ...TIMELINE_SCHEMAS,
] as const;

export function feedRoutes(
  app: App,
  { feed, writes }: { readonly feed: Feed; readonly writes: Writes },
): void {
  relationshipRoutes(app, { ...feed, writes, lists: feed.relationshipLists });
  postRoutes(app, { ...feed, writes });
  reactionRoutes(app, { ...feed, writes, lists: feed.reactionLists });
  timelineRoutes(app, feed);
}
