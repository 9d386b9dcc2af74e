/** The data of every release that was ever published still says the same. */
import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { packageRoot } from '../../src/config/package-info.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { checkReleaseBackup, makeReleaseBackup } from './release-backup.ts';

const BACKUP_BYTES_MAX = 200_000;
const folder = path.join(packageRoot(), 'test', 'upgrade');
const entries = await readdir(folder, { withFileTypes: true });
const releases = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);

describe('the backup of a release', () => {
  it('is kept of one release at least', (test) => {
    if (releases.length === 0) test.skip('make-release-backup.ts was not run yet');
  });

  for (const release of releases) {
    it(`is served by this program as release ${release} served it`, () =>
      checkReleaseBackup(path.join(folder, release)));
  }

  it('can be made of this program, small enough to be kept', async (test) => {
    const made = await temporaryFolder(test);
    await makeReleaseBackup(made);
    const names = await readdir(made, { recursive: true });
    const sizes = await Promise.all(names.map(async (name) => (await stat(path.join(made, name))).size));
    assert(sizes.reduce((sum, size) => sum + size, 0) < BACKUP_BYTES_MAX);
    await checkReleaseBackup(made);
  });
});
