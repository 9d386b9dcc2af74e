/** Asking what rides cost, as a load. */

import { API, createApiClient } from '../client/api-client.ts';
import type { HttpRequest } from '../client/http-client.ts';
import { seededFraction } from '../core/clock.ts';
import type { Scenario } from './scenarios.ts';
import type { Workshop } from './workshop.ts';

const RIDERS = 8;
/** Different ways. */
const WAYS = 2_000;
/** Manhattan and what is around it, in a city of the default configuration. */
const CENTRE = { lat: 40.75, lng: -73.98 };
const SPREAD_DEGREES = 0.1;

export async function createRideScenarios({ http, options }: Workshop): Promise<Scenario[]> {
  const { seed, skew, runId, clock, onProgress } = options;
  onProgress(`${RIDERS} riders`);
  const client = createApiClient(http, clock);
  const tokens: string[] = [];
  for (let n = 0; n < RIDERS; n += 1) tokens.push((await client.signUp(`rider_${runId}_${n}`)).token);
  const draw = seededFraction(seed);
  return [
    {
      ...{ name: 'quotes', purpose: 'POST /rides/quotes, of all four types of rides, durable' },
      mix: { skew, tokens, operations: Array.from({ length: WAYS }, () => [quoteOf(draw)]) },
      ...{ unique: false, durable: true, requests: 1, suffixes: [''], crowd: false, homeReads: false },
    },
  ];
}

function quoteOf(draw: () => number): HttpRequest {
  const place = () => ({
    lat: CENTRE.lat + (draw() - 0.5) * SPREAD_DEGREES,
    lng: CENTRE.lng + (draw() - 0.5) * SPREAD_DEGREES,
  });
  const body = JSON.stringify({ pickup: place(), dropoff: place() });
  return { method: 'POST', path: `${API}/rides/quotes`, body };
}
