/** The file that npm links as `groundswell`: there before the first build, and then the program. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { packageRoot, packageVersion } from '../../src/config/package-info.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const PROGRAM = path.join('bin', 'groundswell.js');

describe('the program', () => {
  it('runs as it is linked', async () => {
    const program = path.join(packageRoot(), PROGRAM);
    await access(program, constants.X_OK);
    assert.deepEqual(await run(program, '--version'), {
      code: 0,
      stdout: `${packageVersion()}\n`,
      stderr: '',
    });
    assert.equal((await run(program, 'nonsense')).code, 2);
  });

  it('says what to do first in a checkout that is not built', async (test) => {
    const folder = await temporaryFolder(test);
    await mkdir(path.join(folder, 'bin'));
    for (const file of ['package.json', PROGRAM]) {
      await copyFile(path.join(packageRoot(), file), path.join(folder, file));
    }
    assert.deepEqual(await run(path.join(folder, PROGRAM), '--version'), {
      code: 1,
      stdout: '',
      stderr: 'groundswell: it is not built yet. Run first: npm run build\n',
    });
  });
});

function run(program: string, ...args: readonly string[]) {
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(program, args, (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }));
  });
}
