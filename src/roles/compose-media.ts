import type { Writes } from '../http/idempotency.ts';
import type { Feed } from '../systems/feed/feed.ts';
import { presentPhoto } from '../systems/feed/photos/photos-routes.ts';
import type { MediaSystem } from '../systems/media/media.ts';
import { openMedia } from '../systems/media/media.ts';
import { mediaRoutes, OWN_MEDIA_SCHEMAS } from '../systems/media/media-routes.ts';
import { photoUploadRoutes } from '../systems/media/photos/photo-upload-routes.ts';
import { servingRoutes } from '../systems/media/serving/serving-routes.ts';
import { DirectUploadSchema, directUploadRoutes } from '../systems/media/uploads/direct-upload-routes.ts';
import { PendingUploadSchema, tusRoutes } from '../systems/media/uploads/tus-routes.ts';
import { createMediaMetrics } from '../telemetry/media-metrics.ts';
import type { ComposedSystem, ProductDeps } from './composed-system.ts';

export type MediaDeps = Pick<ProductDeps, 'ports' | 'clock' | 'randomness' | 'log' | 'metrics' | 'publicUrl'>;

/** Before the feed, whose posts show pictures. */
export function mediaOf(deps: MediaDeps): Promise<MediaSystem> {
  const observer = createMediaMetrics(deps.metrics.registry);
  return openMedia({ ...deps, ...deps.ports, observer });
}

export interface ComposeMediaDeps extends MediaDeps {
  readonly media: MediaSystem;
  readonly feed: Feed;
  readonly writes: Writes;
}

export function composeMedia({ ports, clock, media, feed, writes }: ComposeMediaDeps): ComposedSystem {
  const { addresses, library, uploads, pendingUploads, subscriptions, jobs, close } = media;
  return {
    schemas: [...OWN_MEDIA_SCHEMAS, PendingUploadSchema, DirectUploadSchema],
    routes(app) {
      mediaRoutes(app, { library, uploads, writes });
      tusRoutes(app, { pendingUploads, writes });
      directUploadRoutes(app, { pendingUploads, writes });
      photoUploadRoutes(app, {
        uploads,
        writes,
        createPhoto: async (transaction, authorId, { text, visibility, mediaId }) =>
          presentPhoto(
            await feed.posts.createIn(transaction, authorId, { text, visibility, mediaIds: [mediaId] }),
          ),
      });
    },
    pages: (app) => servingRoutes(app, { addresses, blobStore: ports.blobStore, clock }),
    subscriptions,
    jobs,
    close,
  };
}
