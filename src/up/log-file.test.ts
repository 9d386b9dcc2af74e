import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { atEnd } from '../../test/support/at-end.ts';
import { temporaryFolder } from '../../test/support/temporary-folder.ts';
import { until } from '../../test/support/until.ts';
import { openLogFile } from './log-file.ts';

async function openFile(test: TestContext, bytesMax = 1_000_000) {
  const file = path.join(await temporaryFolder(test), 'api.log');
  const lines: string[] = [];
  const log = await openLogFile({ path: file, onLine: (line) => lines.push(line), bytesMax, pollMs: 5 });
  atEnd(test, () => log.close());
  const write = async (script: string): Promise<void> => {
    const child = spawn('sh', ['-c', script], { stdio: ['ignore', log.descriptor, log.descriptor] });
    await once(child, 'exit');
  };
  return { file, lines, log, write };
}

describe('the log file of a process', () => {
  it('is written by the process, and read line by line, whole ones only', async (test) => {
    const { lines, log, write } = await openFile(test);
    await write('printf "one\\n\\ntwo\\nthr"; echo error >&2');
    await until(() => lines.length === 3);
    assert.deepEqual(lines, ['one', 'two', 'threrror']);
    await write('printf unfinished');
    assert.deepEqual(await log.lastLines(), ['one', 'two', 'threrror', 'unfinished']);
  });

  it('does not show again what was there before', async (test) => {
    const file = path.join(await temporaryFolder(test), 'old.log');
    await writeFile(file, 'old\n');
    const log = await openLogFile({ path: file, onLine: () => assert.fail('old'), pollMs: 5 });
    assert.deepEqual(await log.lastLines(), []);
    await log.close();
    assert.equal(await readFile(file, 'utf8'), 'old\n');
  });

  it('starts over when it is too large, and keeps a large one of before under another name', async (test) => {
    const { file, lines, log, write } = await openFile(test, 100);
    await write(`for i in $(seq 60); do echo line-$i; done`);
    await until(() => lines.length === 60);
    await until(async () => (await readFile(file, 'utf8')) === '');
    await write('echo after');
    await until(() => lines.at(-1) === 'after');
    await write('for i in $(seq 12); do echo line-$i; done');
    await log.close();
    const again = await openLogFile({ path: file, onLine: () => undefined, bytesMax: 100 });
    await again.close();
    assert.match(await readFile(`${file}.1`, 'utf8'), /line-12/);
    assert.equal(await readFile(file, 'utf8'), '');
  });
});
