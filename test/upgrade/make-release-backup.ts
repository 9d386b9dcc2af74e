/**
 * `node dist/test/upgrade/make-release-backup.js VERSION`: makes `test/upgrade/VERSION` with the program that is built.
 * Run it once, on the commit that is released, and commit the folder. It is never made again.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { packageRoot, packageVersion } from '../../src/config/package-info.ts';
import { makeReleaseBackup } from './release-backup.ts';

const version = process.argv[2] ?? packageVersion();
const folder = path.join(packageRoot(), 'test', 'upgrade', version);
// Fails when it is there.
await mkdir(folder);
await makeReleaseBackup(folder);
console.log(`Made ${folder}.`);
