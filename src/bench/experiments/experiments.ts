/** Every experiment, in the order in which they run: what restarts the server comes last. */

import { balancerExperiment } from './balancer.ts';
import { blobsExperiment } from './blobs.ts';
import { clicksExperiment } from './clicks.ts';
import { coldStartExperiment } from './cold-start.ts';
import { databaseReadsExperiment } from './database-reads.ts';
import { deliveriesExperiment } from './deliveries.ts';
import { dispatchExperiment } from './dispatch.ts';
import { driverPositionsExperiment } from './driver-positions.ts';
import type { Experiment } from './experiment.ts';
import { fanOutExperiment } from './fan-out.ts';
import { geoIndexExperiment } from './geo-index.ts';
import { hotLikeExperiment } from './hot-like.ts';
import { lagExperiment } from './lag.ts';
import { ledgerExperiment } from './ledger.ts';
import { liveBroadcastExperiment } from './live-broadcast.ts';
import { liveDeliveryExperiment } from './live-delivery.ts';
import { liveIdleExperiment } from './live-idle.ts';
import { liveTripsExperiment } from './live-trips.ts';
import { loadStepsExperiment } from './load-steps.ts';
import { photosExperiment } from './photos.ts';
import { redisDeliveriesExperiment } from './redis-deliveries.ts';
import { redisGeoIndexExperiment } from './redis-geo-index.ts';
import { refreshAheadExperiment } from './refresh-ahead.ts';
import { routingExperiment } from './routing.ts';
import { searchExperiment } from './search.ts';
import { surgeExperiment } from './surge.ts';
import { writeThroughExperiment } from './write-through.ts';

export const EXPERIMENTS: readonly Experiment[] = [
  fanOutExperiment,
  deliveriesExperiment,
  redisDeliveriesExperiment,
  lagExperiment,
  hotLikeExperiment,
  refreshAheadExperiment,
  writeThroughExperiment,
  liveBroadcastExperiment,
  liveDeliveryExperiment,
  liveIdleExperiment,
  databaseReadsExperiment,
  loadStepsExperiment,
  coldStartExperiment,
  // It leaves very many posts behind.
  searchExperiment,
  clicksExperiment,
  photosExperiment,
  blobsExperiment,
  geoIndexExperiment,
  redisGeoIndexExperiment,
  driverPositionsExperiment,
  liveTripsExperiment,
  dispatchExperiment,
  routingExperiment,
  ledgerExperiment,
  surgeExperiment,
  balancerExperiment,
];
