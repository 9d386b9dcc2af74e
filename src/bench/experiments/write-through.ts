/**
 * Whether it is worth while that authors in memory are kept right by the events about them: the alternative is that
 * what is shown of them is loaded again every second. In the process of the bench, as another one of the product,
 * while the server takes changes of profiles.
 */

import { API, requireSuccess } from '../../client/api-client.ts';
import type { HttpRequest } from '../../client/http-client.ts';
import { seededFraction, systemRandomness } from '../../core/clock.ts';
import type { Id } from '../../core/ids.ts';
import { createPostgresEventLog } from '../../ports/event-log/postgres-event-log.ts';
import type { PostgresSqlStore } from '../../ports/sql-store/postgres-sql-store.ts';
import { createUserCache, type UserCache } from '../../systems/accounts/users/user-cache.ts';
import { USERS_TOPIC } from '../../systems/accounts/users/user-events.ts';
import { createUserRows } from '../../systems/accounts/users/user-rows.ts';
import { getUsers } from '../../systems/accounts/users/users-queries.ts';
import { createArrivals } from '../arrivals.ts';
import { type LoadResult, runOpenLoop } from '../load.ts';
import { median } from '../statistics.ts';
import { createZipfSampler } from '../zipf.ts';
import type { Experiment, ExperimentWorkshop, Figure } from './experiment.ts';
import { figuresOfReads, measureOwnReads, type OwnReads, SILENT_LOG, withOwnStore } from './own-reads.ts';

const AUTHORS_PER_PAGE = 20;
const PAGES_PER_S = 500;
const PROFILES_CHANGED_EVERY_MS = 100;
const READS_AT_ONCE_MAX = 10_000;
const DRAIN_MS = 5_000;

interface Round extends OwnReads {
  readonly authorsLoadedPerS: number;
}

export const writeThroughExperiment: Experiment = {
  name: 'write-through',
  purpose: `authors of pages of ${AUTHORS_PER_PAGE}, kept in memory by events about them, or loaded again every second`,
  async run(workshop) {
    const { rounds, onProgress } = workshop.options;
    const followed: Round[] = [];
    const alone: Round[] = [];
    await withOwnStore(workshop, async (sql) => {
      for (let round = 0; round < rounds; round += 1) {
        onProgress(`write-through: round ${round + 1} of ${rounds}`);
        followed.push(await readFollowing(workshop, sql));
        alone.push(await readAuthors(workshop, sql, createCache(workshop, sql)));
      }
    });
    const figures = [...figuresOf('kept by events', followed), ...figuresOf('loaded again', alone)];
    return { name: 'write-through', purpose: writeThroughExperiment.purpose, figures };
  },
};

function figuresOf(label: string, rounds: readonly Round[]): Figure[] {
  const loadedPerS = median(rounds.map(({ authorsLoadedPerS }) => authorsLoadedPerS));
  return [
    { label: `${label}, authors loaded`, value: loadedPerS, unit: '/s' },
    ...figuresOfReads(label, rounds),
  ];
}

interface CountedCache extends UserCache {
  authorsLoaded(): number;
}

function createCache({ options: { clock } }: ExperimentWorkshop, sql: PostgresSqlStore): CountedCache {
  let authorsLoaded = 0;
  const { userOf } = createUserRows({ picturePath: (key) => key, publicUrl: () => '' });
  const load = async (userIds: readonly Id[]) => {
    authorsLoaded += userIds.length;
    return new Map((await sql.query(getUsers, [userIds])).map((row) => [row.user_id, userOf(row)]));
  };
  return { ...createUserCache({ load, clock }), authorsLoaded: () => authorsLoaded };
}

/** With a tail of the event log like that of each process, whose own cost is in the figures. */
async function readFollowing(workshop: ExperimentWorkshop, sql: PostgresSqlStore): Promise<Round> {
  const { clock } = workshop.options;
  const cache = createCache(workshop, sql);
  const eventLog = createPostgresEventLog({
    ...{ sqlStore: sql, clock, randomness: systemRandomness },
    log: SILENT_LOG,
  });
  try {
    cache.follow(await eventLog.tail({ topics: [USERS_TOPIC], hear: cache.hear }));
    return await readAuthors(workshop, sql, cache);
  } finally {
    await eventLog.close();
  }
}

/** All are known when it begins. */
async function readAuthors(
  workshop: ExperimentWorkshop,
  sql: PostgresSqlStore,
  cache: CountedCache,
): Promise<Round> {
  const { crowd } = workshop;
  const userIds = crowd.byFame.map((person) => Number(crowd.userId(person)));
  await cache.getUsers(userIds);
  const loadedBefore = cache.authorsLoaded();
  const changes = changeProfiles(workshop);
  let durationMs = 0;
  try {
    const reads = await measureOwnReads(workshop, sql, async () => {
      const load = await readPages(workshop, cache, userIds);
      durationMs = load.durationMs;
      return load;
    });
    return { ...reads, authorsLoadedPerS: ((cache.authorsLoaded() - loadedBefore) / durationMs) * 1000 };
  } finally {
    await changes.stop();
  }
}

function readPages(
  { options }: ExperimentWorkshop,
  cache: UserCache,
  userIds: readonly Id[],
): Promise<LoadResult> {
  const { rate = PAGES_PER_S, arrivals, seconds, skew, seed, clock } = options;
  const fraction = seededFraction(seed);
  const nextRank = createZipfSampler(userIds.length, skew, fraction);
  return runOpenLoop({
    slots: READS_AT_ONCE_MAX,
    durationMs: seconds * 1000,
    operationsMax: Number.MAX_SAFE_INTEGER,
    nextArrivalMs: createArrivals(arrivals, rate, fraction),
    drainMs: DRAIN_MS,
    spins: false,
    clock,
    async operation() {
      const authorIds = Array.from({ length: AUTHORS_PER_PAGE }, () => userIds[nextRank()] ?? 0);
      return cache.getUsers(authorIds).then(({ size }) => (size > 0 ? 'ok' : 'nobody'), String);
    },
  });
}

/** By people of all kinds of fame, until it is stopped. Fails then, if a change did. */
function changeProfiles({ http, crowd, options }: ExperimentWorkshop): { stop(): Promise<void> } {
  const { clock, seed, skew } = options;
  const nextRank = createZipfSampler(crowd.size, skew, seededFraction(seed));
  const stopped = new AbortController();
  async function change(): Promise<void> {
    for (let count = 0; !stopped.signal.aborted; count += 1) {
      const token = crowd.token(crowd.byFame[nextRank()] ?? 0);
      const body = JSON.stringify({ bio: `Changed ${count} times.` });
      const request: HttpRequest = { method: 'PATCH', path: `${API}/users/me`, token, body };
      requireSuccess(request, await http.send(request));
      await clock.sleep(PROFILES_CHANGED_EVERY_MS, stopped.signal);
    }
  }
  const changing = change();
  // It is told of when it is stopped.
  changing.catch(() => undefined);
  return {
    async stop() {
      stopped.abort();
      await changing;
    },
  };
}
