/**
 * Clicks in the event log (topic `link_clicks`, kind `recorded`): many in one event, because one each would cost more
 * than all the rest. A batch is of links of one partition, so that whoever handles the partition is alone with them.
 */
import { assert } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import { EVENT_PAYLOAD_BYTES_MAX, type LoggedEvent } from '../../../ports/event-log/event-log.ts';
import { CLICK_CLASSES, type ClickClass, type ClickFacts, DIMENSIONS } from './click-facts.ts';

export const LINK_CLICKS_TOPIC = 'link_clicks';
export const CLICKS_PER_BATCH_MAX = 1_000;
/** Room for the longest numbers of the rest. */
const BATCH_BYTES_MAX = EVENT_PAYLOAD_BYTES_MAX - 2_048;
const FORMAT = 1;

/** What one event says. */
export interface ClickBatch {
  readonly format: typeof FORMAT;
  /** A run of a process, and the number of this batch among those it made for the partition, from 1. */
  readonly recorder: string;
  readonly sequence: number;
  /** Milliseconds since 1970, of which the clicks are so many seconds away. */
  readonly since_ms: number;
  readonly link_ids: readonly string[];
  /** What clicks refer to by its place. */
  readonly words: readonly string[];
  /** CLICK_FIELDS numbers each: place of the link, seconds, place of the class, visitor, places of the values. */
  readonly clicks: readonly number[];
}

export const CLICK_FIELDS = 4 + DIMENSIONS.length;

export interface ClickBatchBuilder {
  readonly size: number;
  /** Whether there was room for it. The first always has. */
  add(linkId: Id, atMs: number, facts: ClickFacts): boolean;
  build(recorder: string, sequence: number): ClickBatch;
}

export function createClickBatchBuilder(): ClickBatchBuilder {
  const links = new Map<Id, number>();
  const words = new Map<string, number>();
  const clicks: number[] = [];
  let sinceSecond = 0;
  let bytes = 0;

  function placeOf<Key>(places: Map<Key, number>, key: Key, keyBytes: number): number {
    const known = places.get(key);
    if (known !== undefined) return known;
    bytes += keyBytes + QUOTES_BYTES;
    places.set(key, places.size);
    return places.size - 1;
  }

  return {
    get size() {
      return clicks.length / CLICK_FIELDS;
    },
    add(linkId, atMs, { clickClass, visitor, values }) {
      if (this.size >= CLICKS_PER_BATCH_MAX || bytes > BATCH_BYTES_MAX - CLICK_BYTES_MAX) return false;
      const second = Math.floor(atMs / 1_000);
      if (clicks.length === 0) sinceSecond = second;
      // As long as it can be: numbers of five digits each, for the places and the seconds.
      bytes += CLICK_FIELDS * FIELD_BYTES;
      clicks.push(
        placeOf(links, linkId, ID_BYTES),
        second - sinceSecond,
        CLICK_CLASSES.indexOf(clickClass),
        visitor,
      );
      for (let index = 0; index < DIMENSIONS.length; index += 1) {
        const value = values[index] ?? '';
        clicks.push(placeOf(words, value, value.length));
      }
      return true;
    },
    build: (recorder, sequence) => ({
      format: FORMAT,
      recorder,
      sequence,
      since_ms: sinceSecond * 1_000,
      link_ids: [...links.keys()].map(String),
      words: [...words.keys()],
      clicks,
    }),
  };
}

const QUOTES_BYTES = 3;
const ID_BYTES = 16;
const FIELD_BYTES = 5;
/** Of a click with a link and values of its own: no value is longer than a host name. */
const CLICK_BYTES_MAX = CLICK_FIELDS * FIELD_BYTES + ID_BYTES + 253 + 7 * (QUOTES_BYTES + 32);

/** Fails where the event is none that this release knows: it becomes a dead letter, for a later one. */
export function clickBatchOf({ payload, kind }: LoggedEvent): ClickBatch {
  // Whatever is read from it is checked here.
  const batch = payload as Partial<ClickBatch>;
  assert(kind === 'recorded' && batch.format === FORMAT, `a batch of clicks of format ${FORMAT}`);
  const { recorder, sequence, since_ms, link_ids, words, clicks } = batch;
  assert(
    typeof recorder === 'string' && Number.isSafeInteger(sequence),
    'a batch has a recorder and a number',
  );
  assert(Number.isSafeInteger(since_ms), 'a batch has a time');
  assert(Array.isArray(link_ids) && Array.isArray(words) && Array.isArray(clicks), 'a batch has lists');
  assert(clicks.length % CLICK_FIELDS === 0, 'clicks are whole');
  return batch as ClickBatch;
}

export interface BatchedClick {
  linkId: Id;
  atMs: number;
  clickClass: ClickClass;
  visitor: number;
  /** In the order of DIMENSIONS. */
  values: string[];
}

/** Calls `see` with each click, always the same object: what is to stay must be taken from it. */
export function eachClick(batch: ClickBatch, see: (click: BatchedClick) => void): void {
  const { clicks, words, since_ms: sinceMs } = batch;
  const linkIds = batch.link_ids.map(Number);
  const click: BatchedClick = { linkId: 0, atMs: 0, clickClass: 'human', visitor: 0, values: [] };
  for (let at = 0; at < clicks.length; at += CLICK_FIELDS) {
    click.linkId = entry(linkIds, clicks[at]);
    click.atMs = sinceMs + (clicks[at + 1] ?? 0) * 1_000;
    click.clickClass = entry(CLICK_CLASSES, clicks[at + 2]);
    click.visitor = clicks[at + 3] ?? 0;
    for (let index = 0; index < DIMENSIONS.length; index += 1) {
      click.values[index] = entry(words, clicks[at + 4 + index]);
    }
    see(click);
  }
}

function entry<Item>(items: readonly Item[], place: number | undefined): Item {
  const item = items[place ?? -1];
  assert(item !== undefined, 'a click refers to what its batch has');
  return item;
}
