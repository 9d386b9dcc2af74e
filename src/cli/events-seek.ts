/** `groundswell events seek`: a group goes on from other places of the log. */
import { Command, InvalidArgumentError } from 'commander';
import type { GroupLag, LogPosition } from '../ports/event-log/event-log.ts';
import { type SettingOptions, withDatabaseOptions } from './config-options.ts';
import { parsePlace, refuseUnknown } from './event-arguments.ts';
import { withExamples } from './examples.ts';
import { withExistingProduct } from './open-product.ts';
import { counted } from './quantities.ts';

interface SeekOptions extends SettingOptions {
  readonly beginning?: true;
  readonly yes?: true;
}

export function seekCommand(): Command {
  const command = withDatabaseOptions(new Command('seek'))
    .summary('let a group go on from elsewhere')
    .description(
      'Let a group handle events again, from earlier places on or all that the log still has, or leave some out.',
    )
    .argument('<group>')
    .argument('[places...]', 'the next event of a partition: TOPIC/PARTITION/OFFSET', parsePlace)
    .option('--beginning', 'everything that the log still has, in place of places')
    .option('--yes', 'do it')
    .addHelpText('after', '\nWhat consumers of this release handle twice has the effect of once.')
    .action(seek);
  return withExamples(
    command,
    'groundswell events seek feed-fan-out --beginning --yes',
    'groundswell events seek feed-erasure users/3/12 users/5/0 --yes',
  );
}

async function seek(
  group: string,
  places: readonly LogPosition[],
  { beginning, yes, ...options }: SeekOptions,
  command: Command,
): Promise<void> {
  if ((beginning === true) === places.length > 0) command.error('Name places, or --beginning.');
  const moved = await withExistingProduct(options, 'groundswell events', async ({ ports: { eventLog } }) => {
    const lag = await refuseUnknown(eventLog, group);
    for (const { topic } of places) refuseTopic(topic, lag);
    if (!yes) command.error(`${group} would go on from elsewhere. Add --yes to do it.`);
    return eventLog.seek(group, beginning === true ? 'beginning' : places);
  });
  console.log(`${group} goes on from ${counted(moved, 'place')}.`);
}

function refuseTopic(topic: string, lag: readonly GroupLag[]): void {
  if (lag.some((each) => each.topic === topic)) return;
  throw new InvalidArgumentError(`${lag[0]?.group} does not read the topic ${topic}.`);
}
