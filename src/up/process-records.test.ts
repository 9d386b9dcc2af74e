import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { atEnd } from '../../test/support/at-end.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { systemClock } from '../core/clock.ts';
import {
  clearLeftProcesses,
  isRunning,
  openProcessRecords,
  readUpRecord,
  startOf,
} from './process-records.ts';

const UP = { topology: 'stage-2', url: 'http://127.0.0.1:8080' };

function sleeper(test: TestContext): { readonly child: ChildProcess; readonly pid: number } {
  const child = spawn('sleep', ['1000'], { detached: true });
  atEnd(test, () => child.kill('SIGKILL'));
  assert.ok(child.pid !== undefined);
  return { child, pid: child.pid };
}

function recordOf(pid: number, started = startOf(pid) ?? '') {
  return { name: 'api', role: 'api', pid, started, port: 20_000, stop_signal: 'SIGTERM' as const };
}

describe('the record of what runs', () => {
  it('is only for its owner, follows what changes, and goes when nothing runs', async (test) => {
    const folder = await temporaryFolder(test);
    const records = openProcessRecords(folder, UP);
    await Promise.all([
      records.set(recordOf(process.pid)),
      records.set({ ...recordOf(process.pid), name: 'worker' }),
    ]);
    await records.remove('worker');
    await records.markReady();
    const record = await readUpRecord(folder);
    assert.deepEqual(
      record?.processes.map(({ name }) => name),
      ['api'],
    );
    assert.equal(record?.ready, true);
    assert.ok(record !== undefined && isRunning(record), 'this process is the up of it');
    assert.equal((await stat(path.join(folder, 'processes.json'))).mode & 0o777, 0o600);
    await records.clear();
    assert.equal(await readUpRecord(folder), undefined);
  });

  it('lets a start stop what was left behind, and nobody else', async (test) => {
    const folder = await temporaryFolder(test);
    const left = sleeper(test);
    const stranger = sleeper(test);
    const records = openProcessRecords(folder, UP);
    await records.set(recordOf(left.pid));
    // The id is one of ours, the moment of its start is not.
    await records.set({ ...recordOf(stranger.pid, 'another time'), name: 'worker' });
    const ended = once(left.child, 'exit');
    assert.deepEqual(await clearLeftProcesses(folder, systemClock), ['api']);
    assert.deepEqual((await ended)[1], 'SIGTERM');
    assert.equal(stranger.child.exitCode ?? stranger.child.signalCode, null);
    assert.deepEqual(await clearLeftProcesses(folder, systemClock), [], 'it is gone');
  });

  it('is nothing where it was half written', async (test) => {
    const folder = await temporaryFolder(test);
    await writeFile(path.join(folder, 'processes.json'), '{"topology": "st');
    assert.equal(await readUpRecord(folder), undefined);
    assert.deepEqual(await clearLeftProcesses(folder, systemClock), []);
    assert.match(await readFile(path.join(folder, 'processes.json'), 'utf8'), /st$/);
  });
});
