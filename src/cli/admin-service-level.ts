/** `groundswell admin service-level`: what all processes serve while not everything can be. */
import { Argument, Command, Option } from 'commander';
import { SERVICE_LEVELS, type ServiceLevel } from '../core/service-level.ts';
import { type SettingOptions, withDatabaseOptions } from './config-options.ts';
import { withExamples } from './examples.ts';
import { withExistingProduct } from './open-product.ts';
import { duration } from './option-values.ts';

interface LevelOptions extends SettingOptions {
  readonly for: number;
}

const DESCRIPTION = `Serve less for a while, in all processes, or say what they are told to. partial: no
searches, suggestions, statistics or tables. core: no reads either. emergency: only
signing in, posting, links and rides. full: as much as each of them can again.`;
const HOUR_MS = 3_600_000;

export function serviceLevelCommand(): Command {
  const command = withDatabaseOptions(new Command('service-level'))
    .summary('serve less for a while')
    .description(DESCRIPTION)
    .addArgument(new Argument('[level]', 'at most that much').choices(SERVICE_LEVELS))
    .addOption(
      new Option('--for <duration>', 'such as 30s, 10m or 2h').argParser(duration).default(HOUR_MS, '1h'),
    )
    .action(run);
  return withExamples(
    command,
    'groundswell admin service-level core --for 10m',
    'groundswell admin service-level full',
    'groundswell admin service-level',
  );
}

async function run(
  level: ServiceLevel | undefined,
  { for: durationMs, ...options }: LevelOptions,
): Promise<void> {
  const forced = await withExistingProduct(options, 'groundswell admin', async ({ product }) => {
    if (level !== undefined) await product.forcedLevels.set(level, durationMs);
    return product.forcedLevels.get();
  });
  console.log(
    forced === undefined
      ? 'No level is asked for: each process serves what it can.'
      : `All processes serve at most ${forced.level} for ${Math.ceil(forced.remainingMs / 1_000)} s, unless it is changed.`,
  );
}
