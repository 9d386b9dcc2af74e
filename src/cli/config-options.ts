import type { Command } from 'commander';
import { type Config, loadConfig } from '../config/config.ts';
import { readEnvironment } from '../config/env.ts';
import { SETTINGS, type Setting } from '../config/settings.ts';

/** Options that stand for a setting; what is given on the command line wins over the environment. */
export interface SettingOptions {
  readonly data?: string;
  readonly databaseUrl?: string;
  /** No command takes these: they are those of an `up` beside it. */
  readonly eventLogUrl?: string;
  readonly blobsUrl?: string;
  readonly host?: string;
  readonly port?: string;
  readonly roles?: string;
  readonly systems?: string;
}

/** Adds `--data` and `--database-url`, which every command that reaches the database takes. */
export function withDatabaseOptions(command: Command): Command {
  return command
    .option('--data <folder>', 'folder of the embedded engines (GROUNDSWELL_DATA, ./data)')
    .option('--database-url <url>', 'another PostgreSQL than the embedded one (GROUNDSWELL_DATABASE_URL)');
}

/** The configuration of the environment and the command line. */
export function configOf(options: SettingOptions): Config {
  const given = {
    GROUNDSWELL_DATA: options.data,
    GROUNDSWELL_DATABASE_URL: options.databaseUrl,
    // The pooler of the environment is before the database of the environment.
    GROUNDSWELL_DATABASE_POOLED_URL: options.databaseUrl === undefined ? undefined : '',
    GROUNDSWELL_EVENT_LOG_URL: options.eventLogUrl,
    GROUNDSWELL_BLOBS_URL: options.blobsUrl,
    GROUNDSWELL_HOST: options.host,
    GROUNDSWELL_PORT: options.port,
    GROUNDSWELL_ROLES: options.roles,
    GROUNDSWELL_SYSTEMS: options.systems,
  };
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return loadConfig({ ...readEnvironment(), ...Object.fromEntries(set) });
}

/** Every setting with its default, for `--help`. */
export function settingsHelp(): string {
  const wide = Math.max(...Object.keys(SETTINGS).map((name) => name.length));
  const rows = Object.entries<Setting>(SETTINGS).map(([name, { fallback, purpose }]) => {
    const shown = fallback === '' ? '' : ` (${fallback})`;
    return `  ${name.padEnd(wide)} ${purpose}${shown}`;
  });
  return ['', 'Settings (environment variables, with their defaults):', ...rows].join('\n');
}
