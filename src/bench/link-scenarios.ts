/** Opening and making links, as loads. */

import { API, createApiClient } from '../client/api-client.ts';
import { seededFraction } from '../core/clock.ts';
import { composeId, FIRST_BULK_WRITER, IDS_PER_MS_PER_WRITER, type Id, WRITERS_MAX } from '../core/ids.ts';
import { bulkLoadLinks } from '../systems/links/bulk-load.ts';
import { CODE_LENGTH } from '../systems/links/codes/base62.ts';
import { shuffled } from './crowd/crowd.ts';
import { withOwnStore } from './experiments/own-reads.ts';
import { UNIQUE_MARK } from './request-mix.ts';
import type { LinkScenarioName, Scenario } from './scenarios.ts';
import type { Workshop } from './workshop.ts';

/** As long as those of people are on average, without a query. */
const TARGET = 'https://www.example.org/articles/2026/spring/a-page-of-some-length-';
const LOADED_FROM_MS = Date.UTC(2025, 0, 1);
const BULK_IDS_PER_MS = (WRITERS_MAX - FIRST_BULK_WRITER) * IDS_PER_MS_PER_WRITER;

export async function createLinkScenarios(workshop: Workshop): Promise<Scenario[]> {
  const { http, options } = workshop;
  const { skew, seed, runId, scenarios, clock } = options;
  const owner = await createApiClient(http, clock).signUp(`links_${runId}`);
  const write = {
    method: 'POST',
    path: `${API}/links`,
    body: JSON.stringify({ url: TARGET + UNIQUE_MARK }),
  } as const;
  const codes = scenarios.includes('redirect')
    ? await loadLinks(workshop, Number(owner.userId))
    : ['0000000'];
  // Popularity has nothing to do with age.
  const ends = shuffled(codes, seededFraction(seed)).join('');
  const scenario = (name: LinkScenarioName, purpose: string, more: Partial<Scenario>): Scenario => ({
    ...{
      name,
      purpose,
      requests: 1,
      suffixes: [''],
      homeReads: false,
      unique: true,
      durable: true,
      crowd: false,
    },
    mix: { skew, tokens: [owner.token], operations: [[write]] },
    ...more,
  });
  return [
    scenario('redirect', `GET /l/{code}, of ${codes.length} links`, {
      ...{ unique: false, durable: false, crowd: true, loadShare: 0.8, redirectsTo: `${TARGET}0` },
      mix: { skew, tokens: [], operations: [], paths: { prefix: '/l/', ends, endLength: CODE_LENGTH } },
    }),
    scenario('link-create', 'POST /links, durable', {}),
    scenario('link-create-keyed', 'the same with Idempotency-Key', {
      mix: { skew, tokens: [owner.token], operations: [[write]], keyed: true },
    }),
  ];
}

async function loadLinks(workshop: Workshop, ownerId: Id): Promise<string[]> {
  const { links: count, stage, onProgress } = workshop.options;
  onProgress(`loading ${count} links`);
  const codes = await withOwnStore(workshop, (sql) =>
    bulkLoadLinks(sql, { ownerId, count, linkId: loadedId, url: (n) => `${TARGET}${n}` }),
  );
  // As a server is that has links: it reads them ahead when it starts.
  await stage.restart?.();
  return codes;
}

/** The same in every run, so one run a database. */
function loadedId(n: number): Id {
  const place = n % BULK_IDS_PER_MS;
  return composeId(
    LOADED_FROM_MS + Math.floor(n / BULK_IDS_PER_MS),
    FIRST_BULK_WRITER + Math.floor(place / IDS_PER_MS_PER_WRITER),
    place % IDS_PER_MS_PER_WRITER,
  );
}
