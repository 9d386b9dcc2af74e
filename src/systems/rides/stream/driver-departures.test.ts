import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { until } from '../../../../test/support/until.ts';
import { AppError } from '../../../core/errors.ts';
import { createLog } from '../../../telemetry/log.ts';
import { createDriverDepartures } from './driver-departures.ts';

const DRIVERS = 30;

/** A database that can be away, and time that goes by at once. */
function openDepartures() {
  const lines: string[] = [];
  const database = { isAway: true, calls: 0, gone: new Set<number>() };
  const departures = createDriverDepartures({
    contacts: {
      async disconnect(driverId) {
        database.calls += 1;
        if (database.isAway) throw new AppError('unavailable', 'The database is away.');
        database.gone.add(driverId);
      },
    },
    clock: {
      sleep: (_ms, signal) =>
        new Promise((resolve) => {
          signal?.addEventListener('abort', () => resolve());
          setImmediate(resolve);
        }),
    },
    log: createLog({ level: 'warn', pretty: false, write: (line) => void lines.push(line) }),
  });
  for (let driverId = 1; driverId <= DRIVERS; driverId += 1) departures.note(driverId, 1);
  return { departures, database, lines };
}

describe('drivers who have left', () => {
  it('are noted once the database is back, and that it was away is said once', async () => {
    const warned: unknown[] = [];
    const hear = (warning: Error) => void warned.push(warning.name);
    process.on('warning', hear);
    const { departures, database, lines } = openDepartures();
    await until(() => database.calls > 3 * DRIVERS);
    assert.equal(lines.length, 1);
    database.isAway = false;
    await until(() => database.gone.size === DRIVERS);
    assert.equal(lines.length, 1);
    database.isAway = true;
    departures.note(99, 1);
    await until(() => lines.length === 2);
    database.isAway = false;
    await departures.close();
    assert.ok(database.gone.has(99));
    process.off('warning', hear);
    assert.deepEqual(warned, [], 'nobody takes the many who wait for a leak');
  });

  it('are left to others by a process that stops while the database is away', async () => {
    const { departures, database } = openDepartures();
    await departures.close();
    assert.equal(database.gone.size, 0);
  });
});
