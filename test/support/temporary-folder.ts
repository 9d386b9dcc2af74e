import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { atEnd } from './at-end.ts';

/** A new, empty folder with its links resolved, removed when the test ends. */
export async function temporaryFolder(test: TestContext): Promise<string> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'groundswell-test-')));
  atEnd(test, () => rm(folder, { recursive: true, force: true }));
  return folder;
}
