/** The program `groundswell`: its subcommands, and how their failures reach a person. */
import { Command, CommanderError } from 'commander';
import { ConfigError } from '../config/config.ts';
import { packageVersion } from '../config/package-info.ts';
import { AppError } from '../core/errors.ts';
import { adminCommand } from './admin.ts';
import { backupCommand } from './backup.ts';
import { benchCommand } from './bench.ts';
import { eventsCommand } from './events.ts';
import { feedsCommand } from './feeds.ts';
import { linksCommand } from './links.ts';
import { migrateCommand } from './migrate.ts';
import { paymentsCommand } from './payments.ts';
import { renderCommand } from './render.ts';
import { restoreCommand } from './restore.ts';
import { ridesCommand } from './rides.ts';
import { searchCommand } from './search.ts';
import { seedCommand } from './seed.ts';
import { serveCommand } from './serve.ts';
import { upCommand } from './up.ts';

export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;

/** Runs one command and answers the exit code: 0 done, 1 failed, 2 called wrongly. */
export async function runProgram(args: readonly string[]): Promise<number> {
  const program = new Command('groundswell')
    .description('A backend for consumer apps that starts with one command and grows without a rewrite.')
    .version(packageVersion())
    .showHelpAfterError()
    .enablePositionalOptions()
    .exitOverride();
  for (const command of [
    serveCommand(),
    upCommand(),
    migrateCommand(),
    seedCommand(),
    backupCommand(),
    restoreCommand(),
    adminCommand(),
    eventsCommand(),
    feedsCommand(),
    searchCommand(),
    linksCommand(),
    paymentsCommand(),
    ridesCommand(),
    renderCommand(),
    benchCommand(),
  ]) {
    program.addCommand(withOwnExit(command));
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
    console.error(explain(error));
    return EXIT_FAILED;
  }
}

/** Commander would end the process itself, and say nothing of help. */
function withOwnExit(command: Command): Command {
  for (const subcommand of command.commands) withOwnExit(subcommand);
  return command.exitOverride().showHelpAfterError('(add --help to see what it takes)');
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) {
    return [error.message, ...error.problems.map((problem) => `  - ${problem}`)].join('\n');
  }
  if (error instanceof AppError && error.code !== 'internal') return `groundswell: ${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
