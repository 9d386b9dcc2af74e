import assert from 'node:assert/strict';
import { readFile, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { startDataFolderProcess } from '../../../test/support/data-folder-process.ts';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { systemClock } from '../../core/clock.ts';
import { type AppError, hasCode } from '../../core/errors.ts';
import { type DataFolderDependencies, openDataFolder } from './data-folder.ts';

const clock = systemClock;

describe('openDataFolder', () => {
  it('makes the folder and its parents, for its owner alone', async (test) => {
    const wanted = path.join(await temporaryFolder(test), 'home of alice', 'data');
    const folder = await openDataFolder(wanted, { clock });
    assert.equal(folder.path, wanted);
    assert.equal((await stat(wanted)).mode & 0o777, 0o700);
    assert.equal((await stat(path.dirname(wanted))).mode & 0o777, 0o700);
    await folder.close();
  });

  it('says what is wrong when the folder cannot be made', async (test) => {
    const file = path.join(await temporaryFolder(test), 'file');
    await writeFile(file, '');
    await assert.rejects(openDataFolder(path.join(file, 'data'), { clock }), (error) => {
      assert.ok(hasCode(error, 'unavailable'));
      assert.match(error.message, /cannot be used: .*GROUNDSWELL_DATA/);
      return true;
    });
  });

  it('says so at once where a folder takes no other', { skip: process.platform !== 'linux' }, async () => {
    await assert.rejects(
      openDataFolder('/proc/no/such/folder', { clock }),
      /cannot be used: .*GROUNDSWELL_DATA/,
    );
  });

  it('is free again once closed, and closing twice does nothing', async (test) => {
    const wanted = await temporaryFolder(test);
    const first = await openDataFolder(wanted, { clock });
    await first.close();
    const second = await openDataFolder(wanted, { clock });
    await first.close();
    await assert.rejects(openDataFolder(wanted, { clock }), (error) => hasCode(error, 'conflict'));
    await second.close();
    await assert.rejects(stat(path.join(wanted, 'lock.json')), { code: 'ENOENT' });
  });

  for (const kernelLock of process.platform === 'linux' ? [true, false] : [false]) {
    describe(kernelLock ? 'with the lock of the kernel' : 'without a lock of the kernel', () => {
      holderSuite({ clock, kernelLock });
    });
  }
});

function holderSuite(dependencies: DataFolderDependencies): void {
  it('refuses a second holder, saying who holds it and what to do', async (test) => {
    const wanted = await temporaryFolder(test);
    const first = await openDataFolder(wanted, { ...dependencies, command: 'groundswell serve' });
    const refusal = async (): Promise<AppError> => {
      const refused = await openDataFolder(wanted, dependencies).catch((error: unknown) => error);
      assert.ok(hasCode(refused, 'conflict'));
      return refused;
    };
    const who = `process ${process.pid} \\(groundswell serve, since 20[0-9T:.Z-]+`;
    assert.match((await refusal()).message, new RegExp(`${who}\\)\\. Stop that one.*GROUNDSWELL_DATA`));
    await first.describe({ url: 'http://localhost:8080' });
    assert.match((await refusal()).message, new RegExp(`${who}, serving http://localhost:8080\\)`));
    await first.close();
  });

  it('takes over from a holder that was killed', async (test) => {
    const wanted = await temporaryFolder(test);
    const holder = startDataFolderProcess(wanted);
    const { pid } = await holder.held;
    await assert.rejects(openDataFolder(wanted, dependencies), (error) => {
      return hasCode(error, 'conflict') && error.message.includes(`process ${pid} (test holder`);
    });
    await holder.killAlone();
    const next = await openDataFolder(wanted, dependencies);
    const record = JSON.parse(await readFile(path.join(wanted, 'lock.json'), 'utf8'));
    assert.equal(record.pid, process.pid);
    await next.close();
  });

  it('refuses while a holder in another container shows its heartbeat, and takes over once it is silent', async (test) => {
    const wanted = await temporaryFolder(test);
    const file = path.join(wanted, 'lock.json');
    const bob = { pid: 1, started_at: '2026-01-01T00:00:00.000Z', command: 'bob', realm: 'elsewhere' };
    await writeFile(file, JSON.stringify(bob));
    const beat = setInterval(() => utimes(file, new Date(), new Date()).catch(() => undefined), 20);
    await assert.rejects(openDataFolder(wanted, dependencies), (error) => hasCode(error, 'conflict'));
    clearInterval(beat);
    const longAgo = new Date(clock.nowMs() - 61_000);
    await utimes(file, longAgo, longAgo);
    await (await openDataFolder(wanted, dependencies)).close();
  });

  it('takes over at once from a holder of our own pid, as every start in a container has', async (test) => {
    const wanted = await temporaryFolder(test);
    const file = path.join(wanted, 'lock.json');
    const first = await openDataFolder(wanted, dependencies);
    const record = await readFile(file);
    await first.close();
    await writeFile(file, record);
    const startMs = clock.monotonicMs();
    await (await openDataFolder(wanted, dependencies)).close();
    // Without it, the silence of whoever held it takes 3 s.
    if (dependencies.kernelLock) assert.ok(clock.monotonicMs() - startMs < 2_900);
  });

  it('takes over from a record that was cut short', async (test) => {
    const wanted = await temporaryFolder(test);
    await writeFile(path.join(wanted, 'lock.json'), '{"pid": 12');
    await (await openDataFolder(wanted, dependencies)).close();
  });
}
