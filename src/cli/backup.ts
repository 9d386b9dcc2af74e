import path from 'node:path';
import { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { packageVersion } from '../config/package-info.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { type BackupFolder, createBackupFolder } from '../ports/backup-folder/backup-folder.ts';
import type { BackupManifest } from '../ports/backup-folder/backup-manifest.ts';
import { backUpBlobs } from '../ports/blob-store/blob-backup.ts';
import { openBareBlobStore } from '../ports/open-blob-store.ts';
import { reachDatabase } from '../ports/open-database.ts';
import { backUp } from '../ports/sql-store/postgres-backup.ts';
import { configBeside } from './config-beside.ts';
import { type SettingOptions, withDatabaseOptions } from './config-options.ts';
import { interruptedOr, interruptionSignal } from './interruption.ts';
import { openCommandLog } from './open-log.ts';
import { refuseAbsentDatabase } from './open-product.ts';
import { createProgress } from './progress.ts';
import { counted, formatBytes, formatSeconds } from './quantities.ts';

export function backupCommand(): Command {
  return withDatabaseOptions(new Command('backup'))
    .requiredOption(
      '--to <folder>',
      'a folder that does not exist yet; it is made when the backup is complete',
    )
    .action(run);
}

async function run({ to, ...options }: SettingOptions & { readonly to: string }): Promise<void> {
  const config = await configBeside(options);
  const clock = systemClock;
  refuseAbsentDatabase(config);
  const startMs = clock.monotonicMs();
  const signal = interruptionSignal();
  const folder = await createBackupFolder(to, clock);
  try {
    const manifest = await backUpTo(folder, config, clock, signal);
    const took = formatSeconds(clock.monotonicMs() - startMs);
    console.log(`Backed up ${summaryOf(manifest)} to ${path.resolve(to)} in ${took}.`);
  } catch (error) {
    throw interruptedOr(error, signal, 'What was written so far is removed.');
  } finally {
    await folder.close();
  }
}

async function backUpTo(
  folder: BackupFolder,
  config: Config,
  clock: Clock,
  signal: AbortSignal,
): Promise<BackupManifest> {
  const log = openCommandLog();
  const database = await reachDatabase({ config, log, clock, command: 'groundswell backup' });
  const blobStore = await openBareBlobStore(config.blobs, clock);
  const progress = createProgress({ label: 'Backing up', clock });
  let blobBytes = 0;
  const onBytes = (bytes: number): void => {
    blobBytes += bytes;
    progress.show(1, `pictures, ${formatBytes(blobBytes)}`);
  };
  try {
    return await backUp({
      connection: database.connection,
      folder,
      productVersion: packageVersion(),
      clock,
      signal,
      copyBlobs: (asOfMs) => backUpBlobs({ blobStore, folder, asOfMs, signal, onBytes }),
      onProgress: ({ table, bytesDone, bytes }) => progress.show(bytesDone / Math.max(1, bytes), table),
    });
  } finally {
    progress.end();
    await blobStore.close();
    await database.close();
  }
}

function summaryOf({ sql: { tables }, blobs, created_at }: BackupManifest): string {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const tableBytes = tables.reduce((sum, { file }) => sum + file.bytes, 0);
  const parts = [
    counted(tables.length, 'table'),
    counted(rows, 'row'),
    ...(blobs === undefined ? [] : [counted(blobs.count, 'blob')]),
    formatBytes(tableBytes + (blobs?.bytes ?? 0)),
  ];
  return `${parts.join(', ')}, as of ${created_at},`;
}
