/** `groundswell events`: how far consumers are, and what they could not handle. */
import { Command } from 'commander';
import { AppError } from '../core/errors.ts';
import type { DeadLetterPlace, GroupLag } from '../ports/event-log/event-log.ts';
import { type SettingOptions, withDatabaseOptions } from './config-options.ts';
import { deadLettersCommand } from './dead-letters.ts';
import { parsePlace, refuseUnknown } from './event-arguments.ts';
import { seekCommand } from './events-seek.ts';
import { withExamples } from './examples.ts';
import { printJson } from './listing.ts';
import { withExistingProduct } from './open-product.ts';
import { counted } from './quantities.ts';
import { formatTable } from './table.ts';

export function eventsCommand(): Command {
  const events = new Command('events');
  for (const command of [
    lagCommand(),
    deadLettersCommand(),
    replayCommand(),
    seekCommand(),
    removeGroupCommand(),
  ]) {
    events.addCommand(command);
  }
  return withExamples(events, 'groundswell events lag');
}

function lagCommand(): Command {
  const command = withDatabaseOptions(new Command('lag'))
    .summary('show how far each group is')
    .description('Show what each consumer group has yet to handle of each topic.')
    .option('--json', 'for programs: { "items": […] }')
    .action(async ({ json, ...options }: SettingOptions & { readonly json?: true }) => {
      const lag = await withExistingProduct(options, 'groundswell events', ({ ports }) =>
        ports.eventLog.lag(),
      );
      if (json) printJson({ items: lag });
      else if (lag.length === 0) console.error('There are no consumer groups yet: they begin with `serve`.');
      else console.log(lagTable(lag));
    });
  return withExamples(command, 'groundswell events lag');
}

function lagTable(lag: readonly GroupLag[]): string {
  return formatTable(
    ['GROUP', 'TOPIC', 'WAITING', 'RETRYING', 'DEAD'],
    lag.map(({ group, topic, waiting, retrying, dead }) => [group, topic, waiting, retrying, dead]),
  );
}

function replayCommand(): Command {
  const command = withDatabaseOptions(new Command('replay'))
    .summary('try dead letters again')
    .description("Give a group's dead letters all their attempts again: all of them, or those named.")
    .argument('<group>')
    .argument('[places...]', 'as `events dead-letters` shows them: TOPIC/PARTITION/OFFSET', parsePlace)
    .addHelpText('after', '\nThey are handled after events of their key that came later.')
    .action(replay);
  return withExamples(
    command,
    'groundswell events replay feed-erasure',
    'groundswell events replay feed-erasure users/3/12 users/3/15',
  );
}

async function replay(
  group: string,
  places: readonly DeadLetterPlace[],
  options: SettingOptions,
): Promise<void> {
  const named = places.length > 0;
  const replayed = await withExistingProduct(
    options,
    'groundswell events',
    async ({ ports: { eventLog } }) => {
      await refuseUnknown(eventLog, group);
      return eventLog.replayDeadLetters(group, named ? places : undefined);
    },
  );
  if (named && replayed < places.length) {
    console.error(
      `Of the ${counted(places.length, 'place')} named, ${replayed} had a dead letter of ${group}.`,
    );
  }
  console.log(replayed === 0 ? 'Nothing to replay.' : `Replaying ${counted(replayed, 'event')}.`);
}

function removeGroupCommand(): Command {
  const command = withDatabaseOptions(new Command('remove-group'))
    .summary('forget a group')
    .description('Forget a group that nobody belongs to any more: its positions, retries and dead letters.')
    .argument('<group>')
    .option('--yes', 'do it')
    .action(removeGroup);
  return withExamples(command, 'groundswell events remove-group search-index --yes');
}

async function removeGroup(
  group: string,
  { yes, ...options }: SettingOptions & { readonly yes?: true },
  command: Command,
): Promise<void> {
  await withExistingProduct(options, 'groundswell events', async ({ ports: { eventLog }, product }) => {
    const lag = await refuseUnknown(eventLog, group);
    const subscriptions = [...product.subscriptions, product.feed.home.fanOut.subscription];
    if (subscriptions.some((subscription) => subscription.group === group)) throw inUse(group);
    if (!yes) command.error(`${lossOf(group, lag)} Add --yes to do it.`);
    await eventLog.removeGroup(group);
  });
  console.log(`Removed ${group}.`);
}

function inUse(group: string): AppError {
  return new AppError(
    'conflict',
    `This release consumes as ${group}: without its positions it would miss events, or handle them twice.`,
  );
}

function lossOf(group: string, lag: readonly GroupLag[]): string {
  const sum = (state: 'waiting' | 'retrying' | 'dead') => lag.reduce((total, each) => total + each[state], 0);
  const unhandled = counted(sum('waiting') + sum('retrying'), 'unhandled event');
  return `${group} would be forgotten, with ${unhandled} and ${counted(sum('dead'), 'dead letter')}.`;
}
