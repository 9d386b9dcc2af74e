import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { until } from '../../../test/support/until.ts';
import { createLog } from '../../telemetry/log.ts';
import { openDiskReserve } from './disk-reserve.ts';

const RESERVE_BYTES = 1_000;

describe('openDiskReserve', () => {
  it('is exhausted one byte below the reserve, and only well above it no more', async () => {
    const { disk, reserve } = openOnDisk();
    for (const [freeBytes, exhausted] of [
      [1_000, false],
      [999, true],
      [1_000, true],
      [1_099, true],
      [1_100, false],
      [1_000, false],
    ] as const) {
      disk.freeBytes = freeBytes;
      assert.equal(await reserve.check(), exhausted, `with ${freeBytes} bytes free`);
      assert.equal(reserve.isExhausted(), exhausted);
      assert.equal(reserve.refusal()?.code, exhausted ? 'unavailable' : undefined);
      assert.equal(reserve.freeBytes(), freeBytes);
    }
    reserve.close();
  });

  it('logs once when it becomes exhausted and once when it is no more', async () => {
    const { disk, reserve, lines } = openOnDisk();
    for (const freeBytes of [0, 1, 2, 5_000, 6_000]) {
      disk.freeBytes = freeBytes;
      await reserve.check();
    }
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).level),
      ['error', 'warn'],
    );
    reserve.close();
  });

  it('looks by itself', async () => {
    const { disk, reserve } = openOnDisk();
    disk.freeBytes = 0;
    await until(() => reserve.isExhausted());
    reserve.close();
  });

  it('stays as it was while the disk cannot be asked', async () => {
    const { disk, reserve, lines } = openOnDisk();
    disk.freeBytes = 0;
    await reserve.check();
    disk.freeBytes = undefined;
    assert.equal(await reserve.check(), true);
    assert.equal(await reserve.check(), true);
    assert.equal(lines.filter((line) => line.includes('cannot be read')).length, 1);
    reserve.close();
  });

  it('reads the real disk, and a reserve of 0 is never exhausted', async (test) => {
    const folder = await temporaryFolder(test);
    const log = createLog({ level: 'silent', pretty: false });
    const all = openDiskReserve({ folder, reserveBytes: Number.MAX_SAFE_INTEGER, log });
    const none = openDiskReserve({ folder, reserveBytes: 0, log });
    assert.deepEqual([await all.check(), await none.check()], [true, false]);
    for (const reserve of [all, none]) reserve.close();
  });
});

function openOnDisk() {
  const disk: { freeBytes: number | undefined } = { freeBytes: 5_000 };
  const lines: string[] = [];
  const log = createLog({ level: 'info', pretty: false, write: (line) => lines.push(line) });
  const reserve = openDiskReserve({
    folder: '/',
    reserveBytes: RESERVE_BYTES,
    log,
    readFreeBytes: async () => {
      if (disk.freeBytes === undefined) throw new Error('no such disk');
      return disk.freeBytes;
    },
  });
  return { disk, reserve, lines };
}
