/** The system `media`, put together: pictures as they arrive, are processed, shown and removed. */
import type { Clock, Randomness } from '../../core/clock.ts';
import type { IdGenerator } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { BlobStore } from '../../ports/blob-store/blob-store.ts';
import type { EdgeCache } from '../../ports/edge-cache/edge-cache.ts';
import type { EventLog, Subscription } from '../../ports/event-log/event-log.ts';
import type { SqlStore } from '../../ports/sql-store/sql-store.ts';
import type { Log } from '../../telemetry/log.ts';
import { createLibrary, type Library } from './library.ts';
import { provideSigningSecret } from './media-queries.ts';
import { createPictureProcesses } from './processing/picture-processes.ts';
import { createProcessing, type ProcessingObserver } from './processing/processing.ts';
import { createRemoval } from './removal.ts';
import { createEdgePurges } from './serving/edge-purges.ts';
import { createMediaAddresses, type MediaAddresses } from './serving/media-addresses.ts';
import { createPendingUploads, type PendingUploads } from './uploads/pending-uploads.ts';
import { createUploads, type Uploads } from './uploads/uploads.ts';

export interface MediaSystem {
  readonly addresses: MediaAddresses;
  readonly library: Library;
  readonly uploads: Uploads;
  readonly pendingUploads: PendingUploads;
  readonly subscriptions: readonly Subscription[];
  readonly jobs: readonly Job[];
  close(): Promise<void>;
}

export interface MediaSystemDeps {
  readonly sql: SqlStore;
  readonly ids: IdGenerator;
  readonly eventLog: EventLog;
  readonly blobStore: BlobStore;
  /** `undefined`: there are none. */
  readonly edgeCache: EdgeCache | undefined;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  readonly publicUrl: () => string;
  readonly observer: ProcessingObserver;
}

const SECRET_BYTES = 32;

export async function openMedia(deps: MediaSystemDeps): Promise<MediaSystem> {
  const { sql, edgeCache, clock, randomness, publicUrl } = deps;
  const [held] = await sql.query(provideSigningSecret, [randomness.bytes(SECRET_BYTES)]);
  const secret = held?.secret ?? randomness.bytes(SECRET_BYTES);
  const addresses = createMediaAddresses({ secret, clock, publicUrl });
  const processes = createPictureProcesses();
  const processing = createProcessing({ ...deps, processes, monotonicMs: () => clock.monotonicMs() });
  const removal = createRemoval({ ...deps, hasEdges: edgeCache !== undefined });
  const purges = edgeCache && createEdgePurges({ ...deps, edgeCache, addresses });
  const uploads = createUploads(deps);
  const pendingUploads = createPendingUploads({ ...deps, uploads });
  return {
    addresses,
    library: createLibrary({ ...deps, showMedia: addresses.show }),
    uploads,
    pendingUploads,
    subscriptions: [processing.subscription, removal.subscription],
    jobs: [processing.job, ...removal.jobs, pendingUploads.job, ...(purges === undefined ? [] : [purges])],
    close: () => processes.close(),
  };
}
