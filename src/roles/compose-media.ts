import type { Writes } from '../http/idempotency.ts';
import type { MediaSystem } from '../systems/media/media.ts';
import { openMedia } from '../systems/media/media.ts';
import { mediaRoutes, OWN_MEDIA_SCHEMAS } from '../systems/media/media-routes.ts';
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
  readonly writes: Writes;
}

export function composeMedia({ ports, clock, media, writes }: ComposeMediaDeps): ComposedSystem {
  const { addresses, library, uploads, pendingUploads, subscriptions, jobs, close } = media;
  return {
    name: 'media',
    schemas: [...OWN_MEDIA_SCHEMAS, PendingUploadSchema, DirectUploadSchema],
    routes(app) {
      mediaRoutes(app, { library, uploads, writes });
      tusRoutes(app, { pendingUploads, writes });
      directUploadRoutes(app, { pendingUploads, writes });
    },
    pages: (app) => servingRoutes(app, { addresses, blobStore: ports.blobStore, clock }),
    subscriptions,
    jobs,
    close,
  };
}
