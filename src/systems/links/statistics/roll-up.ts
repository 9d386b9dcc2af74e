/** Counts clicks: the consumer of the topic `link_clicks`. Whatever it writes commits with its position in the log. */
import type { Clock } from '../../../core/clock.ts';
import { assert } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import {
  APPEND_EVENTS_MAX,
  type EventLog,
  type LoggedEvent,
  type Subscription,
} from '../../../ports/event-log/event-log.ts';
import type { SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { type ClickBatch, clickBatchOf, eachClick, LINK_CLICKS_TOPIC } from '../clicks/click-batch.ts';
import {
  type ClickTally,
  type CountedDay,
  type CountedSpan,
  createClickTally,
  type LinkTally,
  spansOf,
} from './click-tally.ts';
import { type CountedBatches, countBatch, NONE_COUNTED } from './counted-batches.ts';
import { grainNumber } from './grain.ts';
import {
  addCounts,
  addTotals,
  listBreakdowns,
  listCountedBatches,
  listCountedLinks,
  listVisitors,
  putBreakdowns,
  putCountedBatches,
} from './roll-up-queries.ts';
import { visitEvents } from './visit-events.ts';

/** Under load this many milliseconds of clicks are counted together: a link that is clicked often is then written once. */
export const GATHER_MS = 1_000;
/** Of at most 1,000 clicks each: with every click of another link, half of the time that a handler has. */
const BATCHES_MAX = 32;

/** Called after the commit. */
export interface RollUpObserver {
  counted(clicks: number, batches: number): void;
  /** Batches that had been counted before. */
  repeated(batches: number): void;
}

export interface RollUpDeps {
  readonly eventLog: Pick<EventLog, 'append'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly observer: RollUpObserver;
}

/** A link whose clicks count, with what was clicked. */
interface OwnedLink {
  readonly ownerId: Id;
  readonly shard: number;
  readonly code: string;
  readonly tally: LinkTally;
}

export function clickRollUp(deps: RollUpDeps): Subscription {
  const { eventLog, clock, observer } = deps;

  async function handle(events: readonly LoggedEvent[], transaction: SqlTransaction): Promise<void> {
    const batches = await uncounted(events, transaction, new Date(clock.nowMs()));
    const tally = createClickTally();
    let clicks = 0;
    for (const batch of batches) {
      eachClick(batch, (click) => {
        clicks += 1;
        tally.add(click);
      });
    }
    if (clicks > 0) await write(tally, transaction);
    transaction.afterCommit(() => {
      observer.counted(clicks, batches.length);
      observer.repeated(events.length - batches.length);
    });
  }

  async function write(tally: ClickTally, transaction: SqlTransaction): Promise<void> {
    const owned = await ownedLinks(tally, transaction);
    await writeCounts(owned, transaction);
    await writeBreakdowns(owned, transaction);
    await writeTotals(owned, transaction);
    const said = visitEvents(owned);
    for (let at = 0; at < said.length; at += APPEND_EVENTS_MAX) {
      await eventLog.append(transaction, said.slice(at, at + APPEND_EVENTS_MAX));
    }
  }

  return {
    ...{ group: 'link-clicks', topics: [LINK_CLICKS_TOPIC], from: 'beginning' },
    ...{ batchMax: BATCHES_MAX, gatherMs: GATHER_MS, handle },
  };
}

/** Notes that the batches are being counted. Those of a partition are handled by one consumer at a time. */
async function uncounted(
  events: readonly LoggedEvent[],
  transaction: SqlTransaction,
  now: Date,
): Promise<ClickBatch[]> {
  const batches = events.map((event) => ({ partition: event.partition, batch: clickBatchOf(event) }));
  const places = new Map<string, { recorder: string; partition: number }>();
  for (const { partition, batch } of batches) {
    places.set(`${batch.recorder} ${partition}`, { recorder: batch.recorder, partition });
  }
  const recorders = [...places.values()].map(({ recorder }) => recorder);
  const partitions = [...places.values()].map(({ partition }) => partition);
  const rows = await transaction.query(listCountedBatches, [recorders, partitions]);
  const counted = new Map<string, CountedBatches>(
    rows.map((row) => [`${row.recorder} ${row.partition}`, row]),
  );
  const fresh = batches.filter(({ partition, batch }) => {
    const place = `${batch.recorder} ${partition}`;
    const after = countBatch(counted.get(place) ?? NONE_COUNTED, batch.sequence);
    if (after !== undefined) counted.set(place, after);
    return after !== undefined;
  });
  const states = [...places.keys()].map((place) => counted.get(place) ?? NONE_COUNTED);
  const sequences = states.map(({ sequence }) => sequence);
  const missing = states.map((state) => `{${state.missing.join(',')}}`);
  await transaction.query(putCountedBatches, [recorders, partitions, sequences, missing, now]);
  return fresh.map(({ batch }) => batch);
}

/** In the order of their ids, so that rows of neighbours are written one after the other. */
async function ownedLinks({ links }: ClickTally, transaction: SqlTransaction): Promise<OwnedLink[]> {
  const rows = await transaction.query(listCountedLinks, [[...links.keys()]]);
  return rows
    .map(({ link_id: linkId, owner_id: ownerId, shard, code }) => {
      const tally = links.get(linkId);
      assert(tally !== undefined, 'a link that was asked for');
      return { ownerId, shard, code, tally };
    })
    .sort((one, other) => one.tally.linkId - other.tally.linkId);
}

async function writeCounts(owned: readonly OwnedLink[], transaction: SqlTransaction): Promise<void> {
  const spans: CountedSpan[] = [];
  const linkIds: Id[] = [];
  const shards: number[] = [];
  for (const { tally, shard } of owned) {
    for (const span of spansOf(tally)) {
      spans.push(span);
      linkIds.push(tally.linkId);
      shards.push(shard);
    }
  }
  if (spans.length === 0) return;
  const grains = spans.map(({ grain }) => grainNumber(grain));
  const starts = spans.map(({ startMs }) => startMs / 1_000);
  for (const { place, visitors } of await transaction.query(listVisitors, [linkIds, grains, starts])) {
    spans[place - 1]?.visitors.merge(visitors);
  }
  await transaction.query(addCounts, [
    ...([linkIds, grains, starts, shards] as const),
    spans.map(({ humans }) => humans),
    spans.map(({ bots }) => bots),
    spans.map(({ previews }) => previews),
    spans.map(({ visitors }) => visitors.encode()),
  ]);
}

async function writeBreakdowns(owned: readonly OwnedLink[], transaction: SqlTransaction): Promise<void> {
  const days: CountedDay[] = [];
  const linkIds: Id[] = [];
  const shards: number[] = [];
  for (const { tally, shard } of owned) {
    for (const day of tally.days) {
      days.push(day);
      linkIds.push(tally.linkId);
      shards.push(shard);
    }
  }
  if (days.length === 0) return;
  const starts = days.map(({ startMs }) => startMs / 1_000);
  const rows = await transaction.query(listBreakdowns, [linkIds, starts]);
  const held = new Map(rows.map(({ place, breakdown }) => [place, breakdown]));
  const texts = days.map(({ breakdown }, index) => breakdown.textAfter(held.get(index + 1)));
  await transaction.query(putBreakdowns, [linkIds, starts, shards, texts]);
}

async function writeTotals(owned: readonly OwnedLink[], transaction: SqlTransaction): Promise<void> {
  if (owned.length === 0) return;
  const column = <Value>(read: (link: OwnedLink) => Value): Value[] => owned.map(read);
  await transaction.query(addTotals, [
    column(({ tally }) => tally.linkId),
    column(({ shard }) => shard),
    column(({ ownerId }) => ownerId),
    column(({ tally }) => tally.humans),
    column(({ tally }) => tally.bots),
    column(({ tally }) => tally.previews),
  ]);
}
