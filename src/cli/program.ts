/** The program `groundswell`: its subcommands, and how their failures reach a person. */
import { Command, CommanderError } from 'commander';
import { packageVersion } from '../config/package-info.ts';
import { explainError } from './explain-error.ts';

export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;

interface ProgramCommand {
  readonly name: string;
  readonly description: string;
  readonly load: () => Promise<Command>;
}

/** Only what is called is loaded: all of it takes longer than most of them run. */
const COMMANDS: readonly ProgramCommand[] = [
  {
    name: 'serve',
    description: 'Serve: everything in one process, or the roles that are named.',
    load: async () => (await import('./serve.ts')).serveCommand(),
  },
  {
    name: 'up',
    description: 'Run a whole topology on this machine: its engines, its processes, and a balancer.',
    load: async () => (await import('./up.ts')).upCommand(),
  },
  {
    name: 'migrate',
    description: 'Bring the database to the schema of this release. `serve` does it by itself.',
    load: async () => (await import('./migrate.ts')).migrateCommand(),
  },
  {
    name: 'seed',
    description: 'Fill the database with people who follow each other and write.',
    load: async () => (await import('./seed.ts')).seedCommand(),
  },
  {
    name: 'backup',
    description: 'Write everything into a folder, as of one moment; also while `serve` is running.',
    load: async () => (await import('./backup.ts')).backupCommand(),
  },
  {
    name: 'restore',
    description: 'Bring a database to what a backup holds, then to the schema of this release.',
    load: async () => (await import('./restore.ts')).restoreCommand(),
  },
  {
    name: 'admin',
    description:
      'Look after accounts and the server, beside a running `serve` or without one. Each act is in the audit log.',
    load: async () => (await import('./admin.ts')).adminCommand(),
  },
  {
    name: 'events',
    description: 'See how far the consumers of the event log are, and replay what they could not handle.',
    load: async () => (await import('./events.ts')).eventsCommand(),
  },
  {
    name: 'feeds',
    description: 'See whether cached home timelines are right, and why a post is in one or not.',
    load: async () => (await import('./feeds.ts')).feedsCommand(),
  },
  {
    name: 'search',
    description: 'Look after what people search in.',
    load: async () => (await import('./search.ts')).searchCommand(),
  },
  {
    name: 'links',
    description: 'Take over short links of other shorteners.',
    load: async () => (await import('./links.ts')).linksCommand(),
  },
  {
    name: 'payments',
    description: 'What riders pay and drivers earn: look, give back, pay out, and check all of it.',
    load: async () => (await import('./payments.ts')).paymentsCommand(),
  },
  {
    name: 'rides',
    description:
      'Simulate a town of drivers and riders, check that nobody was booked twice, and reckon prices again.',
    load: async () => (await import('./rides.ts')).ridesCommand(),
  },
  {
    name: 'render',
    description: 'Print the configuration of a program beside Groundswell.',
    load: async () => (await import('./render.ts')).renderCommand(),
  },
  {
    name: 'bench',
    description: 'Measure speed, beside a bare HTTP server and plain inserts.',
    load: async () => (await import('./bench.ts')).benchCommand(),
  },
];

/** Runs one command and answers the exit code: 0 done, 1 failed, 2 called wrongly. */
export async function runProgram(args: readonly string[]): Promise<number> {
  const program = new Command('groundswell')
    .description('A backend for consumer apps that starts with one command and grows without a rewrite.')
    .version(packageVersion())
    .showHelpAfterError()
    .enablePositionalOptions()
    .exitOverride();
  for (const { name, description, load } of COMMANDS) {
    const command = args.includes(name) ? await load() : new Command(name);
    program.addCommand(withOwnExit(command.description(description)));
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
    console.error(explainError(error));
    return EXIT_FAILED;
  }
}

/** Commander would end the process itself, and say nothing of help. */
function withOwnExit(command: Command): Command {
  for (const subcommand of command.commands) withOwnExit(subcommand);
  return command.exitOverride().showHelpAfterError('(add --help to see what it takes)');
}
