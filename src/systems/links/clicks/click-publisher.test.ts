import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { createManualClock, type ManualClock } from '../../../../test/support/manual-clock.ts';
import { systemRandomness } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import { type NewEvent, PARTITIONS, partitionOf } from '../../../ports/event-log/event-log.ts';
import { createLog } from '../../../telemetry/log.ts';
import { type BatchedClick, type ClickBatch, eachClick } from './click-batch.ts';
import {
  ATTEMPTS_MAX,
  CLICKS_PER_FLUSH,
  CLOSE_MS,
  type ClickPublisher,
  createClickPublisher,
  FLUSH_EVERY_MS,
} from './click-publisher.ts';
import { CLICK_HEADER_LENGTH_MAX, type Click } from './click-recorder.ts';

const log = createLog({ level: 'silent', pretty: false });
const LINK = 1_500_000_000_000_000;
const away = new AppError('unavailable', 'The database is away.', { outcome: 'not_applied' });

describe('clicks that are to be published', () => {
  let clock: ManualClock;
  let published: NewEvent[][];
  let outcome: () => Promise<void>;
  let counts: { published: number; full: number; failed: number; stopped: number };
  let saltDays: string[];

  beforeEach(() => {
    clock = createManualClock();
    published = [];
    outcome = async () => undefined;
    counts = { published: 0, full: 0, failed: 0, stopped: 0 };
    saltDays = [];
  });

  function open(waitingMax?: number): ClickPublisher {
    return createClickPublisher({
      ...{ clock, log, randomness: systemRandomness },
      ...(waitingMax === undefined ? {} : { waitingMax }),
      eventLog: {
        async publish(events) {
          await outcome();
          published.push([...events]);
        },
      },
      readClick: () => ({ clickClass: 'bot', visitor: 0, values: [] }),
      salts: {
        async saltAt(timeMs) {
          saltDays.push(new Date(timeMs).toISOString().slice(0, 10));
          return { low: 1, high: 2 };
        },
      },
      observer: {
        published: (clicks) => {
          counts.published += clicks;
        },
        dropped: (clicks, reason) => {
          counts[reason] += clicks;
        },
      },
    });
  }

  const click = (linkId = LINK, changes: Partial<Click> = {}): Click => ({
    ...{ linkId, atMs: clock.nowMs(), kind: 'visit', userAgent: '', referrer: '', language: '', address: '' },
    ...changes,
  });

  const batches = () => published.flat().map(({ payload }) => payload as ClickBatch); // As the publisher makes them.
  function linksPublished(): number[] {
    const linkIds: number[] = [];
    const see = ({ linkId }: BatchedClick) => linkIds.push(linkId);
    for (const batch of batches()) eachClick(batch, see);
    return linkIds.toSorted((one, other) => one - other);
  }

  it('go together, after so long as the first of them may wait', async () => {
    const publisher = open();
    publisher.record(click(LINK));
    publisher.record(click(LINK + 1));
    assert.equal(publisher.waiting(), 2);
    await clock.advance(FLUSH_EVERY_MS - 1);
    assert.equal(published.length, 0);
    await clock.advance(1);
    assert.deepEqual(linksPublished(), [LINK, LINK + 1]);
    assert.equal(publisher.waiting(), 0);
    assert.equal(counts.published, 2);
  });

  it('wait for nothing where nothing is to be published', async () => {
    const publisher = open();
    assert.equal(clock.sleepers(), 0);
    publisher.record(click());
    await clock.advance(FLUSH_EVERY_MS);
    assert.equal(clock.sleepers(), 0);
  });

  it('go at once when there are enough, and not all in one', async () => {
    const publisher = open();
    for (let index = 0; index < CLICKS_PER_FLUSH + 1; index += 1) publisher.record(click());
    await clock.advance(0);
    assert.equal(counts.published, CLICKS_PER_FLUSH);
    await clock.advance(FLUSH_EVERY_MS);
    assert.equal(counts.published, CLICKS_PER_FLUSH + 1);
  });

  it('are of one partition in each event, numbered from 1 in each, without a gap', async () => {
    const publisher = open();
    for (let round = 0; round < 3; round += 1) {
      for (let link = 0; link < 100; link += 1) publisher.record(click(LINK + link));
      await clock.advance(FLUSH_EVERY_MS);
    }
    const recorders = new Set(batches().map(({ recorder }) => recorder));
    assert.equal(recorders.size, 1);
    for (const { key, payload } of published.flat()) {
      const partitions = new Set((payload as ClickBatch).link_ids.map(Number).map(partitionOf));
      assert.deepEqual([...partitions], [partitionOf(key)]);
    }
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      const ours = published.flat().filter(({ key }) => partitionOf(key) === partition);
      assert.deepEqual(
        ours.map(({ payload }) => (payload as ClickBatch).sequence),
        [1, 2, 3],
      );
    }
  });

  it('go as the very same batches again after a failure, however it ended', async () => {
    const tried: readonly NewEvent[][] = published;
    let failures = 2;
    const publisher = open();
    outcome = async () => {
      failures -= 1;
      if (failures >= 0) throw failures === 1 ? away : new AppError('timeout', 'who knows');
    };
    publisher.record(click());
    await clock.advance(FLUSH_EVERY_MS + 10_000);
    assert.equal(tried.length, 1);
    assert.equal(counts.published, 1);
    publisher.record(click());
    await clock.advance(FLUSH_EVERY_MS);
    assert.deepEqual(
      batches().map(({ sequence }) => sequence),
      [1, 2],
    );
  });

  it('wait while the database is away, for as long as it takes, and those that find no place are counted', async () => {
    const publisher = open(10);
    outcome = async () => {
      throw away;
    };
    publisher.record(click(LINK));
    await clock.advance(FLUSH_EVERY_MS);
    for (let index = 1; index <= 12; index += 1) publisher.record(click(LINK + index));
    await clock.advance(8_000);
    assert.deepEqual(counts, { published: 0, full: 2, failed: 0, stopped: 0 });
    outcome = async () => undefined;
    await clock.advance(10_000);
    assert.equal(counts.published, 11);
    assert.deepEqual(
      linksPublished(),
      Array.from({ length: 11 }, (_, index) => LINK + index),
    );
  });

  it('are given up when they cannot be published for another reason, so that others are', async () => {
    const publisher = open();
    let attempts = 0;
    outcome = async () => {
      attempts += 1;
      if (attempts <= ATTEMPTS_MAX) throw new Error('a defect of ours');
    };
    publisher.record(click());
    await clock.advance(FLUSH_EVERY_MS + 60_000);
    assert.deepEqual(counts, { published: 0, full: 0, failed: 1, stopped: 0 });
    publisher.record(click());
    await clock.advance(FLUSH_EVERY_MS);
    assert.equal(counts.published, 1);
  });

  it('are published before the process ends, and none are taken after that', async () => {
    const publisher = open();
    for (let index = 0; index < CLICKS_PER_FLUSH * 2 + 1; index += 1) publisher.record(click());
    await publisher.close();
    assert.equal(counts.published, CLICKS_PER_FLUSH * 2 + 1);
    publisher.record(click());
    assert.deepEqual(counts, { published: CLICKS_PER_FLUSH * 2 + 1, full: 0, failed: 0, stopped: 1 });
    assert.equal(clock.sleepers(), 0);
    await publisher.close();
  });

  it('hold the end of the process up for so long and no longer, and are counted as lost', async () => {
    const publisher = open();
    outcome = async () => {
      throw away;
    };
    for (let index = 0; index < CLICKS_PER_FLUSH * 3; index += 1) publisher.record(click());
    let closed = false;
    const closing = publisher.close().then(() => {
      closed = true;
    });
    await clock.advance(CLOSE_MS - 1);
    assert.equal(closed, false);
    await clock.advance(1);
    await closing;
    assert.equal(counts.stopped, CLICKS_PER_FLUSH * 3);
  });

  it('are hashed with the salt of their own day', async () => {
    const publisher = open();
    publisher.record(click(LINK, { atMs: Date.UTC(2026, 0, 1, 23, 59, 59, 999) }));
    publisher.record(click(LINK, { atMs: Date.UTC(2026, 0, 2) }));
    publisher.record(click(LINK, { atMs: Date.UTC(2026, 0, 2, 1) }));
    await clock.advance(FLUSH_EVERY_MS);
    assert.deepEqual(saltDays, ['2026-01-01', '2026-01-02']);
  });

  it('may have headers that were cut', async () => {
    const publisher = open();
    const long = 'é'.repeat(CLICK_HEADER_LENGTH_MAX);
    publisher.record(click(LINK, { userAgent: long, referrer: long, language: long }));
    await clock.advance(FLUSH_EVERY_MS);
    assert.equal(counts.published, 1);
  });
});
