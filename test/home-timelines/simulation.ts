/** Runs a scenario step by step, checks every page that is read on the way, and everything whenever all is quiet. */
import assert from 'node:assert/strict';
import { ID_MAX, type Id } from '../../src/core/ids.ts';
import type { Page, PageRequest } from '../../src/core/page.ts';
import { partitionOf } from '../../src/ports/event-log/event-log.ts';
import { readStatement } from '../../src/ports/sql-store/sql-store.ts';
import { createHiddenUsers } from '../../src/systems/feed/relationships/hidden-users.ts';
import type { TimelineEntry } from '../../src/systems/feed/timelines/timeline-entry.ts';
import type { Timelines } from '../../src/systems/feed/timelines/timelines.ts';
import { checkTimelines } from './cached-timelines.ts';
import { feedNow, type ReadHorizon } from './feed-rules.ts';
import { gateSqlStore } from './gated-ports.ts';
import type { HomeProcess, ProcessParts } from './home-process.ts';
import { Crash, createInterleaving, type Task } from './interleaving.ts';
import { checkPage, presentedEntry } from './page-checks.ts';
import { createPostLooks, foundOrNot } from './post-looks.ts';
import { createSmallWorld, type WorldDatabase } from './small-world.ts';
import { createSteppedEventLog } from './stepped-event-log.ts';
import type { Reaction, RelationshipChange, Scenario, Step } from './steps.ts';

export type OpenProcess = (parts: ProcessParts) => Promise<HomeProcess>;

interface Walk {
  readonly reader: Id;
  before: Id;
}

/** A read under way: when it is done its page is checked. */
interface PendingRead {
  readonly reader: Id;
  readonly request: PageRequest;
  readonly horizon: ReadHorizon;
  readonly walk: Walk | undefined;
  readonly task: Task<Page<TimelineEntry>>;
}

/** What is in memory may be so much older than the database. */
const AGE_MAX_MS = 1_000;
/** Between two steps; what was committed in one is before the next. */
const STEP_MS = 2;
const BATCH_MAX = 100;
const CROWD_READERS = 2;
/** Of the newest posts, when all is quiet. */
const LOOKED_AT = 2;
/** More than a head keeps. */
const CHATTY_POSTS = 110;

export function simulate(database: WorldDatabase, scenario: Scenario, open: OpenProcess): Promise<void> {
  return database.alone(async () => {
    await database.clear();
    const simulation = await createSimulation(database, scenario, open);
    try {
      // Everyone has a timeline to begin with.
      await simulation.run({ kind: 'compare', limits: [5] });
      for (const step of scenario.steps) await simulation.run(step);
      await simulation.run({ kind: 'compare', limits: [3, 7, 2] });
    } finally {
      await simulation.stop();
    }
  });
}

async function createSimulation(database: WorldDatabase, scenario: Scenario, open: OpenProcess) {
  const { clock, sql } = database;
  const log = createSteppedEventLog({ sqlStore: sql, clock, log: database.log });
  const interleaving = createInterleaving({
    isBlocked: async () => (await sql.query(listWaiting, [])).length > 0,
  });
  const workerSql = gateSqlStore(sql, interleaving);
  /** When each step began. */
  const stepsMs: number[] = [];
  const currentStep = (): number => stepsMs.length;
  /** The last step at which all was quiet. */
  let quietStep = 0;
  const world = createSmallWorld(database, log.eventLog, currentStep);
  const { userIds, readerIds, authorIds, posts } = world;
  const partitions = [...new Set(userIds.map(partitionOf))];
  const walks: Walk[] = [];
  let reads: PendingRead[] = [];
  let workers: Task<boolean>[] = [];

  const userAt = (place: number): Id => userIds[place % userIds.length] ?? 0;
  const newest = <Item>(items: readonly Item[], place: number): Item | undefined =>
    items[items.length - 1 - (place % items.length)];

  const crowd = scenario.crowd ? CROWD_READERS : 0;
  await world.begin(
    [
      ...scenario.follows.map((place) => pairAt(readerIds, place)),
      ...readerIds.slice(0, crowd).flatMap((one) => authorIds.map((other) => [one, other] as const)),
    ],
    [
      ...Array.from({ length: scenario.chatty === null ? 0 : CHATTY_POSTS }, () => ({
        author: userAt(scenario.chatty ?? 0),
        gapMs: 1_000,
      })),
      ...scenario.history.map(({ user, gapMinutes }) => ({
        author: userAt(user),
        gapMs: gapMinutes * 60_000,
      })),
    ],
  );
  const hiddenUsers = createHiddenUsers({ sql });
  await log.eventLog.subscribe(hiddenUsers.subscription);
  const parts = { database, world, log, interleaving, cramped: scenario.cramped };
  let process = await open(parts);
  if (scenario.crowd) await process.setMode(authorIds, true);
  const looks = createPostLooks({
    world,
    interleaving,
    read: (viewer, postId) => foundOrNot(process.readPost(viewer, postId)),
  });

  /** What a read that starts now may show: see page-checks.ts. */
  function horizonNow(): ReadHorizon {
    const sinceMs = clock.monotonicMs() - AGE_MAX_MS;
    const heardStep = stepsMs.findLastIndex((stepMs) => stepMs + STEP_MS < sinceMs) + 1;
    const ownStep = currentStep();
    return {
      arrivals: { sinceStep: quietStep, ownStep },
      changes: { sinceStep: Math.max(quietStep, heardStep), ownStep },
    };
  }

  async function read(reader: Id, request: PageRequest, slow: boolean, walk?: Walk): Promise<void> {
    if (!world.isThere(reader)) return;
    const horizon = horizonNow();
    const task = await interleaving.start('read', slow, () => process.feed(reader, request));
    reads.push({ reader, request, horizon, walk, task });
    checkReads();
  }

  /** Those that have ended. */
  function checkReads(): void {
    looks.check();
    const ended = reads.filter(({ task }) => task.outcome() !== undefined);
    reads = reads.filter(({ task }) => task.outcome() === undefined);
    for (const { task, walk, ...pending } of ended) {
      const outcome = task.outcome();
      if (outcome?.ok === false && outcome.error instanceof Crash) continue;
      if (!outcome?.ok) throw outcome?.error;
      const page = outcome.value;
      checkPage(world, { ...pending, page });
      if (walk === undefined) continue;
      if (page.nextBefore === undefined) walks.splice(walks.indexOf(walk), 1);
      else walk.before = page.nextBefore;
    }
  }

  function nextPage(place: number, limit: number, slow: boolean): Promise<void> | undefined {
    const walk = newest(walks, place);
    if (walk === undefined || reads.some((pending) => pending.walk === walk)) return undefined;
    return read(walk.reader, { before: walk.before, limit }, slow, walk);
  }

  async function work(name: string, slow: boolean, serve: () => Promise<boolean>): Promise<void> {
    process.flush();
    workers.push(await interleaving.start(name, slow, serve));
  }

  /** A worker that fails by itself would fail for ever. */
  function checkWorkers(): void {
    const ended = workers.map((task) => task.outcome());
    workers = workers.filter((task) => task.outcome() === undefined);
    for (const error of log.failures()) if (!(error instanceof Crash)) throw error;
    for (const outcome of ended) {
      if (outcome?.ok === false && !(outcome.error instanceof Crash)) throw outcome.error;
    }
  }

  /** Until nothing is on its way. */
  async function settle(): Promise<void> {
    await interleaving.finishAll();
    process.flush();
    await log.hearAll();
    for (const group of log.groups()) while (await log.handle(group, sql, BATCH_MAX));
    while (await interleaving.run('lane', () => process.serveLane()));
    process.flush();
    await process.refreshCounts();
    checkReads();
    checkWorkers();
    quietStep = currentStep();
  }

  /** At whatever point it is; it starts again. */
  async function crashWorker(): Promise<void> {
    for (const worker of workers) await worker.crash();
    await process.restartWorker();
  }

  async function restartProcess(): Promise<void> {
    for (const { task } of reads) await task.crash();
    for (const worker of workers) await worker.crash();
    await process.close();
    process = await open(parts);
  }

  async function compare(limits: readonly number[]): Promise<void> {
    await settle();
    for (const [index, reader] of readerIds.entries()) {
      if (!world.isThere(reader)) continue;
      await looks.compare([reader], posts.slice(-LOOKED_AT));
      await compareUserPosts(reader, userAt(index + turnsOf(limits)), limits);
      const expected = await wholeFeed(process.oracle, reader, [100]);
      assert.deepEqual(
        expected.map(({ entryId }) => entryId),
        feedNow(world, reader),
        'SQL and the rules differ',
      );
      const turned = limits.map((_, place) => limits[(place + index) % limits.length] ?? 1);
      const found = await interleaving.run('compare', () => wholeFeed(process.feed, reader, turned));
      assert.deepEqual(found.map(presentedEntry), expected.map(presentedEntry), `the feed of ${reader}`);
    }
    if (process.timelineStore === undefined) return;
    const pulled = await sql.query(listPulled, []);
    const everPulled = new Set(pulled.map((row) => row.author_id));
    await checkTimelines(world, process.timelineStore, { everPulled, mayHaveForeign: !process.dropsSurely });
  }

  /** Of one user, so that every pair has its turn. */
  async function compareUserPosts(viewer: Id, user: Id, limits: readonly number[]): Promise<void> {
    if (!world.isThere(user)) return;
    const filter = { replies: limits.length % 2 === 0 };
    const postsBy = (userPosts: Timelines['userPosts']) => (viewerId: Id, page: PageRequest) =>
      userPosts(viewerId, user, filter, page);
    const expected = await wholeFeed(postsBy(process.userPostsOracle), viewer, [100]);
    const found = await interleaving.run('compare', () =>
      wholeFeed(postsBy(process.userPosts), viewer, limits),
    );
    const told = `the posts of ${user} for ${viewer}`;
    assert.deepEqual(found.map(presentedEntry), expected.map(presentedEntry), told);
  }

  const act: {
    readonly [Kind in Step['kind']]: (step: Extract<Step, { kind: Kind }>) => Promise<unknown> | unknown;
  } = {
    post: ({ user, visibility, replyTo, mention }) =>
      world.post(userAt(user), {
        visibility,
        replyTo: replyTo === null || posts.length === 0 ? undefined : newest(posts, replyTo),
        mention: mention === null ? undefined : userAt(mention),
      }),
    edit: ({ post }) => given(newest(posts, post), world.edit),
    delete: ({ post }) => given(newest(posts, post), world.delete),
    react: ({ reaction, user, post }) => react(reaction, userAt(user), post),
    relate: ({ change, user, other }) => relate(change, userAt(user), userAt(other)),
    lock: ({ user }) => world.setLocked(userAt(user), true),
    unlock: ({ user }) => world.setLocked(userAt(user), false),
    suspend: ({ user }) => world.suspend(userAt(user)),
    restore: ({ user }) => world.restore(userAt(user)),
    time: ({ ms }) => clock.skip(ms),
    relay: ({ count }) => log.relay(count),
    hear: ({ partition, count, again }) => log.hear(partitions[partition] ?? 0, count, again),
    'hear all': () => log.hearAll(),
    work: ({ group, count, slow }) =>
      given(log.groups()[group % log.groups().length], (name) =>
        work(name, slow, () => log.handle(name, workerSql, count)),
      ),
    lane: ({ slow }) => work('lane', slow, () => process.serveLane()),
    read: ({ user, limit, slow }) => read(userAt(user), { before: ID_MAX, limit }, slow),
    walk: ({ user, limit, slow }) => {
      const walk = { reader: userAt(user), before: ID_MAX };
      walks.push(walk);
      return read(walk.reader, { before: ID_MAX, limit }, slow, walk);
    },
    look: ({ user, post, slow }) =>
      given(newest(posts, post), (chosen) =>
        looks.begin({ viewer: userAt(user), post: chosen, horizon: horizonNow() }, slow),
      ),
    'next page': ({ walk, limit, slow }) => nextPage(walk, limit, slow),
    'go on': ({ task, calls, place }) =>
      given(newest(interleaving.standing(), task), async (chosen) => {
        for (let call = 0; call < calls && chosen.place() !== place; call += 1) await chosen.goOn();
      }),
    crash: crashWorker,
    'refresh counts': () => process.refreshCounts(),
    'review modes': () => interleaving.run('modes', () => process.reviewModes()),
    'restart process': restartProcess,
    evict: ({ user }) => process.timelineStore?.drop([userAt(user)]),
    mode: ({ user, pulled }) => interleaving.run('modes', () => process.setMode([userAt(user)], pulled)),
    settle,
    compare: ({ limits }) => compare(limits),
  };

  async function react(reaction: Reaction, user: Id, place: number): Promise<void> {
    if (!reaction.startsWith('un'))
      return given(newest(posts, place), (post) => world.react(reaction, user, post));
    // Most likely to undo something.
    const kind = reaction.slice(2);
    const reacted = posts.filter(({ postId }) => world.reacted.holds(`${kind} ${user} ${postId}`));
    await given(newest(reacted, place), (post) => world.react(reaction, user, post));
  }

  async function relate(change: RelationshipChange, user: Id, other: Id): Promise<void> {
    if (user === other) return;
    if (change === 'mute' || change === 'unmute') await world.setMute(user, other, change === 'mute');
    else if (change === 'block' || change === 'unblock')
      await world.setBlock(user, other, change === 'block');
    else await world[change](user, other);
  }

  return {
    async run(step: Step): Promise<void> {
      clock.skip(STEP_MS);
      stepsMs.push(clock.monotonicMs());
      // The kinds are those of the table, which TypeScript cannot follow from the union.
      await (act[step.kind] as (step: Step) => Promise<unknown>)(step);
      checkReads();
      checkWorkers();
    },

    /** Whatever stands still is given up. */
    async stop(): Promise<void> {
      for (const task of interleaving.standing()) await task.crash();
    },
  };
}

const listPulled = readStatement<[], { author_id: Id }>(
  'test_list_pulled',
  'SELECT author_id FROM author_modes',
);

const listWaiting = readStatement<[], { pid: number }>(
  'test_list_waiting',
  'SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = $$Lock$$',
);

async function wholeFeed(
  feed: HomeProcess['feed'],
  reader: Id,
  limits: readonly number[],
): Promise<TimelineEntry[]> {
  const entries: TimelineEntry[] = [];
  let before: Id | undefined = ID_MAX;
  for (let index = 0; before !== undefined; index += 1) {
    const limit = limits[index % limits.length] ?? 1;
    const page: Page<TimelineEntry> = await feed(reader, { before, limit });
    assert(page.nextBefore === undefined || page.items.length === limit, `a page of ${reader} is short`);
    assert(page.items.length > 0 || before === ID_MAX, `a page of ${reader} is empty`);
    entries.push(...page.items);
    before = page.nextBefore;
  }
  return entries;
}

/** Another number for most comparisons. */
function turnsOf(limits: readonly number[]): number {
  return limits.reduce((sum, limit) => sum + limit, 0);
}

async function given<Item>(
  item: Item | undefined,
  act: (item: Item) => Promise<unknown> | unknown,
): Promise<void> {
  if (item !== undefined) await act(item);
}

function pairAt(userIds: readonly Id[], place: number): readonly [Id, Id] {
  const others = userIds.length - 1;
  const one = Math.floor(place / others) % userIds.length;
  const other = (one + 1 + (place % others)) % userIds.length;
  return [userIds[one] ?? 0, userIds[other] ?? 0];
}
