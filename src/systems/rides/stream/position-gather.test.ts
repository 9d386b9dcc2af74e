import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { until } from '../../../../test/support/until.ts';
import type { DriverPosition, DriverTraits } from '../../../ports/geo-index/geo-index.ts';
import { GEO_BATCH_MAX } from '../../../ports/geo-index/geo-index.ts';
import { createLog } from '../../../telemetry/log.ts';
import { CALLS_MAX, createPositionGather } from './position-gather.ts';

const position = (driverId: number): DriverPosition => ({ driverId, lat: 1, lng: 2, atMs: 3 });

function openGather(move: (positions: readonly DriverPosition[]) => number | Promise<number>) {
  const described: DriverTraits[] = [];
  const gather = createPositionGather({
    geoIndex: {
      move,
      describe(drivers) {
        described.push(...drivers);
        return 0;
      },
    },
    log: createLog({ level: 'silent', pretty: false }),
    traitsOf: (driverId) =>
      driverId < 100 ? { driverId, state: 0, types: 1, rating: undefined } : undefined,
  });
  return { gather, described };
}

describe('positions on their way to the geo-index', () => {
  it('go together, after some milliseconds or when there are enough', async () => {
    const calls: number[] = [];
    const { gather } = openGather((positions) => {
      calls.push(positions.length);
      return 0;
    });
    gather.add(position(1));
    gather.add(position(2));
    assert.deepEqual(calls, []);
    await until(() => calls.length === 1);
    for (let n = 0; n < GEO_BATCH_MAX; n += 1) gather.add(position(n));
    assert.deepEqual(calls, [2, GEO_BATCH_MAX]);
    await gather.flush();
    assert.equal(calls.length, 2);
  });

  it('of whom the index does not know are described, and go again', async () => {
    const moved: number[][] = [];
    const { gather, described } = openGather((positions) => {
      moved.push(positions.map(({ driverId }) => driverId));
      return moved.length === 1 ? 2 : 0;
    });
    for (const driverId of [1, 2, 1, 200]) gather.add(position(driverId));
    await gather.flush();
    assert.deepEqual(
      described.map(({ driverId }) => driverId),
      [1, 2],
    );
    assert.deepEqual(moved, [
      [1, 2, 1, 200],
      [1, 2, 1, 200],
    ]);
  });

  it('are given up when the index fails, and when it is too slow', async () => {
    let calls = 0;
    let answer: (left: number) => void = () => undefined;
    const slow = new Promise<number>((resolve) => {
      answer = resolve;
    });
    const { gather } = openGather(() => {
      calls += 1;
      if (calls === 1) throw new Error('away');
      return slow;
    });
    gather.add(position(1));
    await gather.flush();
    for (let n = 0; n < CALLS_MAX + 3; n += 1) {
      gather.add(position(1));
      void gather.flush();
    }
    assert.equal(calls, 1 + CALLS_MAX);
    answer(0);
    await until(() => {
      gather.add(position(1));
      void gather.flush();
      return calls > 1 + CALLS_MAX;
    });
  });
});
