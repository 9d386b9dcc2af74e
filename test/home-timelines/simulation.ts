/** Runs a scenario step by step, checks every page that is read on the way, and everything whenever all is quiet. */
import assert from 'node:assert/strict';
import { ID_MAX, type Id } from '../../src/core/ids.ts';
import type { Page, PageRequest } from '../../src/core/page.ts';
import { createHiddenUsers } from '../../src/systems/feed/relationships/hidden-users.ts';
import type { TimelineEntry } from '../../src/systems/feed/timelines/timeline-entry.ts';
import { feedNow, type ReadHorizon } from './feed-rules.ts';
import type { HomeProcess } from './home-process.ts';
import { createInterleaving, type Interleaving, type Task } from './interleaving.ts';
import { checkPage, presentedEntry } from './page-checks.ts';
import { createSmallWorld, type SmallWorld, type WorldDatabase } from './small-world.ts';
import { createSteppedEventLog, type SteppedEventLog } from './stepped-event-log.ts';
import type { Reaction, RelationshipChange, Scenario, Step } from './steps.ts';

/** What a process is made of. */
export interface ProcessParts {
  readonly database: WorldDatabase;
  readonly world: SmallWorld;
  readonly log: SteppedEventLog;
  readonly interleaving: Interleaving;
}

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

export async function simulate(
  database: WorldDatabase,
  scenario: Scenario,
  open: OpenProcess,
): Promise<void> {
  await database.clear();
  const simulation = await createSimulation(database, scenario, open);
  for (const step of scenario.steps) await simulation.run(step);
  await simulation.run({ kind: 'compare', limits: [3, 7, 2] });
}

async function createSimulation(database: WorldDatabase, scenario: Scenario, open: OpenProcess) {
  const { clock, sql } = database;
  const log = createSteppedEventLog({ sqlStore: sql, clock, log: database.log });
  const interleaving = createInterleaving();
  /** When each step began. */
  const stepsMs: number[] = [];
  const currentStep = (): number => stepsMs.length;
  /** The last step at which all was quiet. */
  let quietStep = 0;
  const world = createSmallWorld(database, log.eventLog, currentStep);
  const { userIds, posts } = world;
  const walks: Walk[] = [];
  let reads: PendingRead[] = [];
  let workers: Task<boolean>[] = [];

  const userAt = (place: number): Id => userIds[place % userIds.length] ?? 0;
  const newest = <Item>(items: readonly Item[], place: number): Item | undefined =>
    items[items.length - 1 - (place % items.length)];

  await world.begin(
    scenario.follows.map((place) => pairAt(userIds, place)),
    scenario.history.map(({ user }) => userAt(user)),
    scenario.history.map(({ gapMinutes }) => gapMinutes * 60_000),
  );
  const hiddenUsers = createHiddenUsers({ sql });
  await log.eventLog.subscribe(hiddenUsers.subscription);
  let process = await open({ database, world, log, interleaving });

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
    const ended = reads.filter(({ task }) => task.outcome() !== undefined);
    reads = reads.filter(({ task }) => task.outcome() === undefined);
    for (const { task, walk, ...pending } of ended) {
      const outcome = task.outcome();
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

  async function work(group: string, count: number, slow: boolean): Promise<void> {
    workers.push(await interleaving.start(group, slow, () => log.handle(group, sql, count)));
  }

  /** A worker that fails would fail for ever. */
  function checkWorkers(): void {
    const ended = workers.filter((task) => task.outcome() !== undefined);
    workers = workers.filter((task) => task.outcome() === undefined);
    for (const task of ended) {
      const outcome = task.outcome();
      if (outcome?.ok === false) throw outcome.error;
    }
  }

  async function settle(): Promise<void> {
    await interleaving.finishAll();
    checkReads();
    checkWorkers();
    await log.hearAll();
    for (const group of log.groups()) while (await log.handle(group, sql, BATCH_MAX));
    quietStep = currentStep();
  }

  async function compare(limits: readonly number[]): Promise<void> {
    await settle();
    for (const [index, reader] of userIds.entries()) {
      if (!world.isThere(reader)) continue;
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
    hear: ({ partition, count }) => log.hear(partition, count),
    'hear all': () => log.hearAll(),
    work: ({ group, count, slow }) =>
      given(log.groups()[group % log.groups().length], (name) => work(name, count, slow)),
    lane: () => undefined,
    read: ({ user, limit, slow }) => read(userAt(user), { before: ID_MAX, limit }, slow),
    walk: ({ user, limit, slow }) => {
      const walk = { reader: userAt(user), before: ID_MAX };
      walks.push(walk);
      return read(walk.reader, { before: ID_MAX, limit }, slow, walk);
    },
    'next page': ({ walk, limit, slow }) => nextPage(walk, limit, slow),
    'go on': async ({ task, calls }) => {
      const chosen = newest(interleaving.standing(), task);
      for (let call = 0; call < calls; call += 1) await chosen?.goOn();
    },
    crash: () => undefined,
    'refresh counts': () => undefined,
    'review modes': () => undefined,
    'restart worker': () => undefined,
    'restart process': async () => {
      await interleaving.finishAll();
      process = await open({ database, world, log, interleaving });
    },
    evict: () => undefined,
    'forget view': () => undefined,
    'forget head': () => undefined,
    mode: () => undefined,
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
  };
}

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
