/**
 * Edges that are nginx, configured by `groundswell render nginx`. Open-source nginx has no call that removes an entry; but
 * a request that must not be answered from the cache is answered by the server behind it, and that answer takes the place of
 * what the cache had. So an entry is purged by asking for it with the edge's secret, which no client has.
 */
import type { EdgeLocation } from '../../config/edge-locations.ts';
import { AppError } from '../../core/errors.ts';
import { CACHE_STATUS_HEADER, type EdgeCache, type EdgeEntry, PURGE_HEADER } from './edge-cache.ts';

/** Of each request; all of an edge's are sent at once. */
const ANSWER_MS = 5_000;

export function createNginxEdgeCache(edges: readonly EdgeLocation[]): EdgeCache {
  return {
    async purge(entries) {
      const requests = edges.flatMap((edge) => entries.map((entry) => purgeOne(edge, entry)));
      const failed = (await Promise.allSettled(requests)).find(({ status }) => status === 'rejected');
      if (failed?.status === 'rejected') {
        throw new AppError('unavailable', 'An edge cache did not forget a picture.', {
          cause: failed.reason,
        });
      }
    },
  };
}

async function purgeOne({ origin, secret }: EdgeLocation, { path, accept }: EdgeEntry): Promise<void> {
  const answer = await fetch(`${origin}${path}`, {
    headers: { accept, [PURGE_HEADER]: secret },
    redirect: 'manual',
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  // To its end, which is when the edge has it.
  await answer.arrayBuffer();
  const how = answer.headers.get(CACHE_STATUS_HEADER);
  // An edge with another secret would say what it has.
  if (how === 'BYPASS' && answer.status < 500) return;
  throw new Error(`the edge at ${origin} answered ${answer.status} ${how ?? 'and is none'}`);
}
