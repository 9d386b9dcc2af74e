import { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { type Backup, openBackup } from '../ports/backup-folder/backup.ts';
import { clearBlobs, restoreBlobs } from '../ports/blob-store/blob-backup.ts';
import { openBareBlobStore } from '../ports/open-blob-store.ts';
import { openDatabase } from '../ports/open-database.ts';
import { type RestoreResult, restore } from '../ports/sql-store/postgres-restore.ts';
import { configOf, type SettingOptions, withDatabaseOptions } from './config-options.ts';
import { interruptedOr, interruptionSignal } from './interruption.ts';
import { openCommandLog } from './open-log.ts';
import { createProgress } from './progress.ts';
import { counted, formatBytes, formatSeconds } from './quantities.ts';

interface RestoreCommandOptions extends SettingOptions {
  readonly from: string;
  readonly force?: true;
}

export function restoreCommand(): Command {
  return withDatabaseOptions(new Command('restore'))
    .requiredOption('--from <folder>', 'what `groundswell backup` has written')
    .option('--force', 'delete what the database has; without it, one that has rows is refused')
    .addHelpText('after', '\nIf it is interrupted, run it again.')
    .action(run);
}

async function run({ from, force, ...options }: RestoreCommandOptions): Promise<void> {
  const config = configOf(options);
  const clock = systemClock;
  const startMs = clock.monotonicMs();
  const signal = interruptionSignal();
  try {
    const backup = await checkBackup(from, clock, signal);
    const result = await restoreInto(config, { backup, force: force === true, clock, signal });
    report(backup, result, formatSeconds(clock.monotonicMs() - startMs));
  } catch (error) {
    throw interruptedOr(error, signal, 'Run the same command again to finish.');
  }
}

/** Every byte, before anything is touched. */
async function checkBackup(folder: string, clock: Clock, signal: AbortSignal): Promise<Backup> {
  const progress = createProgress({ label: 'Checking', clock });
  try {
    return await openBackup(folder, {
      signal,
      onProgress: (bytesChecked, bytes) =>
        progress.show(bytesChecked / Math.max(1, bytes), formatBytes(bytes)),
    });
  } finally {
    progress.end();
  }
}

async function restoreInto(
  config: Config,
  task: { backup: Backup; force: boolean; clock: Clock; signal: AbortSignal },
): Promise<RestoreResult> {
  const log = openCommandLog();
  // Never the server of a running `serve`: it fails with `conflict` when that holds the data folder.
  const database = await openDatabase({ config, log, clock: task.clock, command: 'groundswell restore' });
  const { backup, clock, signal, force } = task;
  const blobStore = await openBareBlobStore(config.blobs, clock);
  const progress = createProgress({ label: 'Restoring', clock: task.clock });
  let bytesDone = 0;
  const onBytes = (bytes: number): void => {
    bytesDone += bytes;
    progress.show(bytesDone / Math.max(1, backup.manifest.blobs?.bytes ?? 0), 'pictures');
  };
  try {
    return await restore({
      ...task,
      connection: database.connection,
      log,
      blobs: {
        clear: () => clearBlobs(blobStore, { force }),
        copy: () => restoreBlobs({ blobStore, backup, signal, onBytes }),
      },
      onProgress: ({ table, bytesDone, bytes }) => progress.show(bytesDone / Math.max(1, bytes), table),
    });
  } finally {
    progress.end();
    await blobStore.close();
    await database.close();
  }
}

function report({ manifest }: Backup, { copied, leftOut, migrated }: RestoreResult, took: string): void {
  const tables = manifest.sql.tables.filter(({ name }) => !leftOut.includes(name));
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const what = `${counted(tables.length, 'table')}, ${counted(rows, 'row')}`;
  console.log(
    copied
      ? `Restored ${what}, as of ${manifest.created_at}, in ${took}.`
      : `The rows were already there from an interrupted restore; its last steps are done now.`,
  );
  if (migrated.length > 0) console.log(`Applied ${migrated.join(', ')}.`);
  if (leftOut.length > 0) {
    console.log(`Left out, because Groundswell has no such tables: ${leftOut.join(', ')}.`);
  }
}
