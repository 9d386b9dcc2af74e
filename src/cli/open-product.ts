/** Everything but HTTP, for commands that work beside a running `serve`, or without one. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Config } from '../config/config.ts';
import { packageVersion } from '../config/package-info.ts';
import { systemClock, systemRandomness } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { openPorts, type Ports } from '../ports/open-ports.ts';
import { composeProduct, type Product } from '../roles/compose.ts';
import { createHealth } from '../telemetry/health.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { tracingOff } from '../telemetry/trace.ts';
import { upFolderIn } from '../up/up-folder.ts';
import { configBeside } from './config-beside.ts';
import type { SettingOptions } from './config-options.ts';
import { openCommandLog } from './open-log.ts';

export interface OpenProduct {
  readonly config: Config;
  readonly ports: Ports;
  readonly product: Product;
  /** Where people reach the server. */
  readonly publicUrl: () => string;
}

/**
 * Runs `work` and closes everything after it, whatever happens. `command` is what others are told who want the data
 * folder meanwhile. A new database is made where there is none; one of an older release is migrated, as `serve`
 * would, which a running server of that release bears; one of a newer release is refused with `conflict`.
 */
export async function withProduct<Result>(
  options: SettingOptions,
  command: string,
  work: (opened: OpenProduct) => Promise<Result>,
): Promise<Result> {
  const config = await configBeside(options);
  const deps = { config, clock: systemClock, randomness: systemRandomness, log: openCommandLog() };
  const metrics = createMetrics({ version: packageVersion() });
  const telemetry = { metrics, tracing: tracingOff, health: createHealth(systemClock) };
  const ports = await openPorts({ ...deps, ...telemetry, command, shared: true });
  try {
    const publicUrl = (): string => publicUrlOf(config, ports);
    const product = await composeProduct({ ...deps, ...telemetry, ports, publicUrl });
    try {
      return await work({ config, ports, product, publicUrl });
    } finally {
      await product.close();
    }
  } finally {
    await ports.close();
  }
}

/** The same for commands that are of no use on a new database. */
export async function withExistingProduct<Result>(
  options: SettingOptions,
  command: string,
  work: (opened: OpenProduct) => Promise<Result>,
): Promise<Result> {
  refuseAbsentDatabase(await configBeside(options));
  return withProduct(options, command, work);
}

/** Else the embedded database would be made, only to find nothing in it. */
export function refuseAbsentDatabase({ database, dataFolder }: Config): void {
  if (database.url !== undefined || existsSync(path.join(dataFolder, 'postgres', 'cluster'))) return;
  const upFolder = upFolderIn(dataFolder);
  if (existsSync(upFolder)) {
    throw new AppError(
      'not_found',
      `The database of ${dataFolder} is one of \`groundswell up\`, which does not run. Start it, or name a database with --database-url.`,
    );
  }
  throw new AppError(
    'not_found',
    `There is no database in ${dataFolder}. Name the data folder with --data or GROUNDSWELL_DATA, or a database ` +
      'with --database-url.',
  );
}

/** That of the server beside which this runs, or where one would serve that was started with the same settings. */
function publicUrlOf({ http }: Config, { database }: Ports): string {
  return http.publicUrl ?? database.servingUrl ?? `http://${http.host}:${http.port}`;
}
