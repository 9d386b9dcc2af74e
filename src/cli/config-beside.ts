/** The configuration of a command that works beside a server: of what is meant by a data folder that `up` runs in. */
import type { Config } from '../config/config.ts';
import { AppError } from '../core/errors.ts';
import { isRunning, readUpRecord } from '../up/process-records.ts';
import { upFolderIn } from '../up/up-folder.ts';
import { configOf, type SettingOptions } from './config-options.ts';

/**
 * As `configOf`, but where no database is named and an `up` has one running in the data folder, it is that one, with its events and pictures: else an
 * embedded one would be made beside it, and the command would be done there. Fails with `unavailable` while that `up` starts.
 */
export async function configBeside(options: SettingOptions): Promise<Config> {
  const config = configOf(options);
  if (config.database.url !== undefined) return config;
  const record = await readUpRecord(upFolderIn(config.dataFolder));
  if (record?.database_url === undefined || !isRunning(record)) return config;
  if (!record.ready) {
    throw new AppError(
      'unavailable',
      `${record.topology} is just being started there. Try again when it is ready.`,
    );
  }
  const { database_url: databaseUrl, event_log_url: eventLogUrl, blobs_url: blobsUrl } = record;
  return configOf({
    ...{ ...options, databaseUrl },
    // Where events and pictures are is said by the same file: without it they would be looked for where they are not.
    ...(eventLogUrl !== undefined && { eventLogUrl }),
    ...(blobsUrl !== undefined && { blobsUrl }),
  });
}
