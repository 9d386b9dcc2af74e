import assert from 'node:assert/strict';
import { it } from 'node:test';
import { until } from '../../../../test/support/until.ts';
import { AppError } from '../../../core/errors.ts';
import type { DriverTraits } from '../../../ports/geo-index/geo-index.ts';
import { createLog } from '../../../telemetry/log.ts';
import { createDriverDescriptions } from './driver-descriptions.ts';

it('drivers who could not be described are described again, as they are by then', async () => {
  const described: DriverTraits[][] = [];
  let isAway = true;
  let state = 0;
  const descriptions = createDriverDescriptions({
    geoIndex: {
      async describe(drivers) {
        if (isAway) throw new AppError('unavailable', 'away');
        described.push([...drivers]);
        return 0;
      },
    },
    log: createLog({ level: 'silent', pretty: false }),
    // The third has left.
    traitsOf: (driverId) => (driverId === 3 ? undefined : { driverId, state, types: 1, rating: undefined }),
  });
  for (const driverId of [1, 2, 2, 3]) descriptions.describe(driverId);
  await until(() => descriptions.waiting() === 2);
  descriptions.again();
  await until(() => descriptions.waiting() === 2);
  isAway = false;
  state = 4;
  descriptions.again();
  await until(() => described.length === 1);
  assert.deepEqual(
    described[0]?.map(({ driverId, state: now }) => [driverId, now]),
    [
      [1, 4],
      [2, 4],
    ],
  );
  descriptions.again();
  assert.deepEqual([descriptions.waiting(), described.length], [0, 1]);
});
