import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { describe, it } from 'node:test';

const MODULE = JSON.stringify(new URL('./log-output.js', import.meta.url).href);
/** Writes a hundred lines, and says on standard error how many were dropped. */
const WRITER = `
  const { openLogOutput } = await import(${MODULE});
  const output = openLogOutput();
  for (let n = 0; n < 100; n += 1) output.write('x'.repeat(99) + '\\n');
  await new Promise((resolve) => setTimeout(resolve, 50));
  console.error(output.dropped());
`;

function run(script: string, prefix: readonly string[], stdout: number | 'pipe') {
  const [file = '', ...args] = [...prefix, process.execPath, '--input-type=module', '-e', script];
  return spawnSync(file, args, { stdio: ['ignore', stdout, 'pipe'], encoding: 'utf8' });
}

describe('the output of a log', () => {
  it('writes whole lines to whoever reads', () => {
    const { status, stdout, stderr } = run(WRITER, [], 'pipe');
    assert.equal(status, 0, stderr);
    assert.equal(stdout, `${'x'.repeat(99)}\n`.repeat(100));
    assert.equal(stderr.trim(), '0');
  });

  it('drops and counts what a full disk does not take', (test) => {
    if (!existsSync('/dev/full')) return test.skip('this system has no /dev/full');
    const { status, stderr } = run(WRITER, [], openSync('/dev/full', 'w'));
    assert.equal(status, 0, stderr);
    assert.equal(stderr.trim(), '100');
  });

  it('goes on when standard error takes nothing, either', (test) => {
    if (!existsSync('/dev/full')) return test.skip('this system has no /dev/full');
    const full = openSync('/dev/full', 'w');
    const script = `${WRITER} process.stderr.write('x'); await new Promise((resolve) => setTimeout(resolve, 50));`;
    const args = ['--input-type=module', '-e', script];
    assert.equal(spawnSync(process.execPath, args, { stdio: ['ignore', full, full] }).status, 0);
  });

  it('goes on when nobody reads any more', () => {
    const { status, stderr } = run(WRITER, ['bash', '-c', 'set -o pipefail; "$@" | true', 'bash'], 'pipe');
    assert.equal(status, 0, stderr);
    assert.match(stderr.trim(), /^\d+$/);
  });

  it('writes again when there is room, the next line on a line of its own', (test) => {
    if (process.platform !== 'linux') return test.skip('needs ulimit -f and O_APPEND as on Linux');
    const script = `
      import { truncateSync, readFileSync } from 'node:fs';
      const { openLogOutput } = await import(${MODULE});
      const output = openLogOutput();
      for (let n = 0; n < 20; n += 1) output.write('x'.repeat(99) + '\\n');
      const dropped = output.dropped();
      const last = readFileSync('/dev/fd/1', 'utf8').slice(-1);
      truncateSync('/proc/self/fd/1', 100);
      output.write('there is room\\n');
      console.error(JSON.stringify({ dropped, last, file: readFileSync('/proc/self/fd/1', 'utf8') }));
    `;
    // 1,024 bytes: ten lines and a quarter of one.
    const shell = 'ulimit -f 1; file=$(mktemp); "$@" >> "$file"; code=$?; rm "$file"; exit $code';
    const { status, stderr } = run(script, ['bash', '-c', shell, 'bash'], 'pipe');
    assert.equal(status, 0, stderr);
    const { dropped, last, file } = JSON.parse(stderr);
    assert.deepEqual([dropped, last], [10, 'x']);
    assert.equal(file, `${'x'.repeat(99)}\n\nthere is room\n`);
  });
});
