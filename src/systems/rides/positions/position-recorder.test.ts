import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { createManualClock, type ManualClock } from '../../../../test/support/manual-clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { NewEvent } from '../../../ports/event-log/event-log.ts';
import { createLog } from '../../../telemetry/log.ts';
import {
  ATTEMPTS_MAX,
  CLOSE_MS,
  createPositionRecorder,
  FLUSH_EVERY_MS,
  RECORDS_PER_FLUSH,
} from './position-recorder.ts';
import { positionsOf } from './position-records.ts';

const DRIVER = 1_500_000_000_000_000;
const away = new AppError('unavailable', 'The database is away.', { outcome: 'not_applied' });

describe('positions that are to be recorded', () => {
  let clock: ManualClock;
  let published: NewEvent[];
  let outcome: () => Promise<void>;
  let counts: { recorded: number; full: number; failed: number; stopped: number };
  beforeEach(() => {
    clock = createManualClock();
    published = [];
    outcome = async () => undefined;
    counts = { recorded: 0, full: 0, failed: 0, stopped: 0 };
  });

  const open = (waitingMax?: number) =>
    createPositionRecorder({
      ...{ clock, log: createLog({ level: 'silent', pretty: false }) },
      ...(waitingMax === undefined ? {} : { waitingMax }),
      eventLog: {
        async publish(events) {
          await outcome();
          published.push(...events);
        },
      },
      observer: {
        recorded: (positions) => {
          counts.recorded += positions;
        },
        unrecorded: (positions, reason) => {
          counts[reason] += positions;
        },
      },
    });
  const record = (sequence: number) => ({
    ...{ driverId: DRIVER, sequence },
    point: { lat: 1, lng: 2, atMs: clock.nowMs(), accuracyM: 3 },
  });
  // As the recorder makes them.
  const sequences = () =>
    published
      .flatMap(({ kind, payload }) => positionsOf({ kind, payload: payload as Record<string, unknown> }))
      .map(({ sequence }) => sequence);

  it('go together, after so long as the first may wait', async () => {
    const recorder = open();
    recorder.record(record(1));
    recorder.record(record(2));
    await clock.advance(FLUSH_EVERY_MS - 1);
    assert.equal(recorder.waiting(), 2);
    await clock.advance(1);
    assert.deepEqual(sequences(), [1, 2]);
    assert.equal(published.length, 1);
    assert.equal(recorder.waiting(), 0);
    assert.equal(clock.sleepers(), 0);
  });

  it('wait while the database is away, as many as find a place', async () => {
    const recorder = open(3);
    outcome = async () => {
      throw away;
    };
    recorder.record(record(1));
    await clock.advance(FLUSH_EVERY_MS);
    for (const sequence of [2, 3, 4, 5]) recorder.record(record(sequence));
    await clock.advance(60_000);
    assert.deepEqual(counts, { recorded: 0, full: 2, failed: 0, stopped: 0 });
    outcome = async () => undefined;
    await clock.advance(5_000);
    assert.deepEqual(sequences(), [1, 2, 3]);
    recorder.record(record(6));
    await clock.advance(FLUSH_EVERY_MS);
    assert.equal(counts.recorded, 4);
  });

  it('are given up when they cannot be published for another reason', async () => {
    const recorder = open();
    let attempts = 0;
    outcome = async () => {
      attempts += 1;
      if (attempts <= ATTEMPTS_MAX) throw new Error('a defect of ours');
    };
    recorder.record(record(1));
    await clock.advance(60_000);
    assert.deepEqual(counts, { recorded: 0, full: 0, failed: 1, stopped: 0 });
    recorder.record(record(2));
    await clock.advance(FLUSH_EVERY_MS);
    assert.deepEqual(sequences(), [2]);
  });

  it('are published before the process ends, in pieces, and none are taken after that', async () => {
    const recorder = open();
    let calls = 0;
    outcome = async () => {
      calls += 1;
    };
    for (let n = 1; n <= RECORDS_PER_FLUSH + 1; n += 1) recorder.record(record(n));
    await recorder.close();
    assert.equal(calls, 2);
    assert.equal(counts.recorded, RECORDS_PER_FLUSH + 1);
    recorder.record(record(1));
    assert.equal(counts.stopped, 1);
    assert.equal(clock.sleepers(), 0);
  });

  it('hold the end of the process up for so long and no longer', async () => {
    const recorder = open();
    outcome = async () => {
      throw away;
    };
    recorder.record(record(1));
    let closed = false;
    const closing = recorder.close().then(() => {
      closed = true;
    });
    await clock.advance(CLOSE_MS - 1);
    assert.equal(closed, false);
    await clock.advance(1);
    await closing;
    assert.equal(counts.stopped, 1);
  });
});
