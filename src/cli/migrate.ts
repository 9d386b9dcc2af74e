import { Command } from 'commander';
import { systemClock } from '../core/clock.ts';
import { reachDatabase } from '../ports/open-database.ts';
import { migrate, migrationStatus } from '../ports/sql-store/migrate.ts';
import { configBeside } from './config-beside.ts';
import { type SettingOptions, withDatabaseOptions } from './config-options.ts';
import { openCommandLog } from './open-log.ts';

export function migrateCommand(): Command {
  return withDatabaseOptions(new Command('migrate'))
    .option('--status', 'only show which migrations are applied')
    .action(run);
}

async function run(options: SettingOptions & { status?: true }): Promise<void> {
  const config = await configBeside(options);
  const log = openCommandLog();
  const clock = systemClock;
  const database = await reachDatabase({ config, log, clock, command: 'groundswell migrate' });
  try {
    if (options.status) await printStatus(database.connection);
    else {
      const applied = await migrate({ connection: database.connection, log, clock });
      console.log(applied.length === 0 ? 'The database is up to date.' : `Applied ${applied.join(', ')}.`);
    }
  } finally {
    await database.close();
  }
}

async function printStatus(connection: Parameters<typeof migrationStatus>[0]['connection']): Promise<void> {
  for (const { name, state, appliedAt } of await migrationStatus({ connection })) {
    console.log(`${state.padEnd(8)} ${name.padEnd(32)} ${appliedAt?.toISOString() ?? ''}`.trimEnd());
  }
}
