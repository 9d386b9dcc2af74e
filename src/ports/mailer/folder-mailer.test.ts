import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { createManualClock } from '../../../test/support/manual-clock.ts';
import { systemRandomness } from '../../core/clock.ts';
import { createLog } from '../../telemetry/log.ts';
import { createFolderMailer } from './folder-mailer.ts';
import { mailerContract } from './mailer.contract.ts';

async function openFolder() {
  const parent = await mkdtemp(path.join(tmpdir(), 'groundswell-mail-'));
  const folder = path.join(parent, 'mail');
  const lines: string[] = [];
  const mailer = createFolderMailer({
    folder,
    from: 'Groundswell <noreply@example.org>',
    clock: createManualClock(),
    randomness: systemRandomness,
    log: createLog({ level: 'trace', pretty: false, write: (line) => void lines.push(line) }),
  });
  /** What was received before the interruption. */
  const kept: Buffer[] = [];
  const files = async () => (await readdir(folder).catch(() => [])).map((name) => path.join(folder, name));
  return {
    folder,
    mailer,
    files,
    received: async () => [...kept, ...(await Promise.all((await files()).map((file) => readFile(file))))],
    logged: () => lines.join(''),
    interrupt: async () => {
      // A file where the folder should be: nothing can be written, not even by root.
      kept.push(...(await Promise.all((await files()).map((file) => readFile(file)))));
      await rm(folder, { recursive: true });
      await writeFile(folder, '');
    },
    close: () => rm(parent, { recursive: true, force: true }),
  };
}

mailerContract('the folder mailer', { open: openFolder });

describe('the folder mailer', () => {
  it('writes whole files that only their owner can read, named by their time', async (test) => {
    const opened = await openFolder();
    test.after(() => opened.close());
    await opened.mailer.send({ to: 'alice@example.org', subject: 'Hello', text: 'Hello.\n' });
    const [file = assert.fail(), ...others] = await opened.files();
    assert.deepEqual(others, []);
    assert.match(path.basename(file), /^2026-01-01T00-00-01-000Z-[0-9a-f-]{36}\.eml$/);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.equal((await stat(opened.folder)).mode & 0o777, 0o700);
    assert.match(opened.logged(), new RegExp(path.basename(file)));
  });
});
