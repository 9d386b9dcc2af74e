/** From configuration to the edge caches, of which there may be none. */
import { type MethodPolicies, wrapPort } from '../resilience/wrap-port.ts';
import type { EdgeCache } from './edge-cache/edge-cache.ts';
import { createNginxEdgeCache } from './edge-cache/nginx-edge-cache.ts';
import type { PortsOptions } from './ports-options.ts';

/** Longer than the requests of a purge, which has a second try. */
const POLICIES: MethodPolicies<EdgeCache> = {
  purge: { idempotent: true, totalMs: 15_000, tryMs: 6_000 },
};
const BULKHEAD = { concurrencyMax: 8, queueMax: 100, queueAgeMaxMs: 5_000 };

export function openEdgeCache(options: PortsOptions): EdgeCache | undefined {
  const { edges } = options.config;
  if (edges.length === 0) return undefined;
  return wrapPort<EdgeCache>(createNginxEdgeCache(edges), {
    name: 'edge-cache',
    methods: POLICIES,
    bulkhead: BULKHEAD,
    deps: options,
  });
}
