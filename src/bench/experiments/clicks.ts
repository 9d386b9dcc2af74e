/**
 * What a click of a link costs, from the redirect that records it to the statistics of its owner: a million a minute,
 * recorded in the process of the bench as a server would, and counted by the worker of the server that is measured. Beside
 * it what others do: one row that is counted up for each click, in a transaction of its own.
 */

import { createApiClient } from '../../client/api-client.ts';
import { type Clock, seededFraction, systemRandomness } from '../../core/clock.ts';
import { composeId, type Id } from '../../core/ids.ts';
import { openBundledCountryTable } from '../../ports/country-table/bundled-country-table.ts';
import { createPostgresEventLog } from '../../ports/event-log/postgres-event-log.ts';
import type { PostgresSqlStore } from '../../ports/sql-store/postgres-sql-store.ts';
import { bulkLoadLinks } from '../../systems/links/bulk-load.ts';
import { createClickReader } from '../../systems/links/clicks/click-facts.ts';
import { type ClickPublisher, createClickPublisher } from '../../systems/links/clicks/click-publisher.ts';
import type { Click } from '../../systems/links/clicks/click-recorder.ts';
import { createUserAgents } from '../../systems/links/clicks/user-agents.ts';
import { createVisitorSalts } from '../../systems/links/clicks/visitor-salts.ts';
import { median } from '../statistics.ts';
import { measure, type Workshop } from '../workshop.ts';
import { createZipfSampler } from '../zipf.ts';
import { spentOn } from './cpu-quiet.ts';
import type { Experiment, Figure } from './experiment.ts';
import { SILENT_LOG, withOwnStore } from './own-reads.ts';

const CLICKS_PER_S = 1_000_000 / 60;
/** Of the slices of a bench: counting is done together once a second, so a round is several seconds. */
const SLICES_PER_ROUND = 5;
const TICK_MS = 10;
const LINKS_FROM_MS = Date.UTC(2025, 6, 1);
const VISITORS = 1_000_000;
const BROWSERS = 500;
const REFERRERS = ['', '', 'https://news.example/a', 'https://t.example/x', 'https://search.example/?q=1'];
const LANGUAGES = ['de-DE,de;q=0.9,en;q=0.8', 'en-US,en;q=0.5', 'fr'];

interface Round {
  readonly clicks: number;
  readonly recordUs: number;
  readonly serverUs: number | undefined;
  readonly postgresUs: number | undefined;
}

export const clicksExperiment: Experiment = {
  name: 'clicks',
  purpose: 'a million clicks of links a minute, recorded and counted',
  async run(workshop) {
    const { options } = workshop;
    return withOwnStore(workshop, async (sql) => {
      const linkIds = await loadLinks(workshop, sql);
      const rounds: Round[] = [];
      for (let round = 0; round < options.rounds; round += 1) {
        options.onProgress(`clicks: round ${round + 1} of ${options.rounds}`);
        rounds.push(await runRound(workshop, sql, linkIds, round));
      }
      const upsertUs = await upsertCost(workshop);
      const figures = figuresOf(linkIds.length, rounds, upsertUs);
      return { name: 'clicks', purpose: clicksExperiment.purpose, figures };
    });
  },
};

function figuresOf(links: number, rounds: readonly Round[], upsertUs: number | undefined): Figure[] {
  const over = (figure: (round: Round) => number | undefined) => median(rounds.map(figure));
  const countedUs = over(({ serverUs, postgresUs }) =>
    serverUs === undefined || postgresUs === undefined ? undefined : serverUs + postgresUs,
  );
  return [
    { label: 'links', value: links, unit: '' },
    { label: 'clicks in a round', value: over(({ clicks }) => clicks), unit: '' },
    {
      label: 'recorded and published, by whoever redirects',
      value: over(({ recordUs }) => recordUs),
      unit: 'us of CPU',
    },
    { label: 'counted, server', value: over(({ serverUs }) => serverUs), unit: 'us of CPU' },
    {
      label: 'published and counted, PostgreSQL',
      value: over(({ postgresUs }) => postgresUs),
      unit: 'us of CPU',
    },
    {
      label: 'clicks a minute that one core counts',
      value: countedUs === undefined ? undefined : 60e6 / countedUs,
      unit: '/min',
    },
    { label: 'a row counted up for each click, PostgreSQL', value: upsertUs, unit: 'us of CPU' },
  ];
}

async function loadLinks({ http, options }: Workshop, sql: PostgresSqlStore): Promise<Id[]> {
  const { runId, clock, links: count } = options;
  const owner = await createApiClient(http, clock).signUp(`clicks_${runId}`);
  const linkId = (n: number): Id => composeId(LINKS_FROM_MS + n, 500, 0);
  await bulkLoadLinks(sql, {
    ownerId: Number(owner.userId),
    count,
    linkId,
    url: () => 'https://example.org/',
  });
  return Array.from({ length: count }, (_, n) => linkId(n));
}

async function runRound(
  { options }: Workshop,
  sql: PostgresSqlStore,
  linkIds: readonly Id[],
  round: number,
): Promise<Round> {
  const { clock, seconds, seed, skew, stage } = options;
  const count = Math.ceil(CLICKS_PER_S * seconds * SLICES_PER_ROUND);
  const clicks = makeClicks(linkIds, count, skew, seed + round);
  let recordUs = 0;
  const eventLog = createPostgresEventLog({
    sqlStore: sql,
    clock,
    randomness: systemRandomness,
    log: SILENT_LOG,
  });
  try {
    const spent = await spentOn(stage.pids, clock, async () => {
      const publisher = openPublisher(sql, eventLog, clock);
      const before = process.cpuUsage();
      await recordAll(publisher, clicks, clock);
      await publisher.close();
      const { user, system } = process.cpuUsage(before);
      recordUs = (user + system) / count;
    });
    const each = (spentMs: number | undefined) =>
      spentMs === undefined ? undefined : (spentMs * 1_000) / count;
    return { clicks: count, recordUs, serverUs: each(spent?.serverMs), postgresUs: each(spent?.postgresMs) };
  } finally {
    await eventLog.close();
  }
}

function openPublisher(
  sql: PostgresSqlStore,
  eventLog: ReturnType<typeof createPostgresEventLog>,
  clock: Clock,
): ClickPublisher {
  return createClickPublisher({
    ...{ eventLog, clock, randomness: systemRandomness, log: SILENT_LOG },
    salts: createVisitorSalts({ sql, randomness: systemRandomness }),
    readClick: createClickReader({
      classifyUserAgent: createUserAgents(),
      countryOf: openBundledCountryTable().countryOf,
      isOwnHost: () => false,
    }),
    observer: {
      published: () => undefined,
      dropped(clicks, reason) {
        throw new Error(`${clicks} clicks were dropped: ${reason}`);
      },
    },
  });
}

/** As fast as a million a minute come, whatever becomes of them. */
async function recordAll(publisher: ClickPublisher, clicks: readonly Click[], clock: Clock): Promise<void> {
  const startMs = clock.monotonicMs();
  for (let recorded = 0; recorded < clicks.length; ) {
    const due = Math.min(((clock.monotonicMs() - startMs) / 1_000) * CLICKS_PER_S, clicks.length);
    for (; recorded < due; recorded += 1) {
      const click = clicks[recorded];
      if (click !== undefined) publisher.record({ ...click, atMs: clock.nowMs() });
    }
    await clock.sleep(TICK_MS);
  }
}

function makeClicks(linkIds: readonly Id[], count: number, skew: number, seed: number): Click[] {
  const fraction = seededFraction(seed);
  const nextLink = createZipfSampler(linkIds.length, skew, fraction);
  return Array.from({ length: count }, () => {
    const visitor = Math.floor(fraction() * VISITORS);
    return {
      ...{ linkId: linkIds[nextLink()] ?? 0, atMs: 0, kind: 'visit' },
      userAgent: `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${100 + (visitor % BROWSERS)}.0.0.0 Safari/537.36`,
      referrer: REFERRERS[visitor % REFERRERS.length] ?? '',
      language: LANGUAGES[visitor % LANGUAGES.length] ?? '',
      address: `${1 + (visitor % 220)}.${(visitor >> 4) & 255}.${(visitor >> 12) & 255}.${visitor & 255}`,
    };
  });
}

async function upsertCost(workshop: Workshop): Promise<number | undefined> {
  const { stage } = workshop.options;
  if (stage.database === undefined) return undefined;
  const slice = await measure(workshop, stage.pids, {
    target: { kind: 'postgres', connection: stage.database, yardstick: 'click-upsert', text: '' },
  });
  return slice.postgresCpuMs === undefined ? undefined : (slice.postgresCpuMs * 1_000) / slice.completed;
}
