import { Command } from 'commander';
import { invalidField } from '../core/errors.ts';
import type { DeadLetter, EventLog } from '../ports/event-log/event-log.ts';
import { withDatabaseOptions } from './config-options.ts';
import { withExamples } from './examples.ts';
import { type ListOptions, printJson, printNextPage, withListOptions } from './listing.ts';
import { withExistingProduct } from './open-product.ts';
import { counted } from './quantities.ts';
import { cellText, formatTime } from './table.ts';

interface DeadLetterOptions extends ListOptions {
  readonly group?: string;
}

type PageStart = Parameters<EventLog['pageDeadLetters']>[0]['after'];

export function deadLettersCommand(): Command {
  const command = withListOptions(withDatabaseOptions(new Command('dead-letters')))
    .summary('list what failed for good')
    .description('List the events that failed at every attempt, with the error of the last one.')
    .option('--group <name>', 'only of this consumer group')
    .addHelpText('after', '\nWith --json they have their payloads too, which may be private.')
    .action(listDeadLetters);
  return withExamples(command, 'groundswell events dead-letters --group feed-erasure');
}

async function listDeadLetters(options: DeadLetterOptions): Promise<void> {
  const { group, limit, json, pageToken } = options;
  const after = pageToken === undefined ? undefined : parseToken(pageToken);
  const letters = await withExistingProduct(options, 'groundswell events', ({ ports }) =>
    ports.eventLog.pageDeadLetters({ group, after, limit }),
  );
  const last = letters.length === limit ? letters.at(-1) : undefined;
  const nextPageToken = last && `${last.group}/${placeOf(last)}`;
  if (json) printJson({ items: letters.map(present), next_page_token: nextPageToken ?? null });
  else if (letters.length === 0) console.error('There are no dead letters.');
  else {
    console.log(letters.map(describe).join('\n'));
    printNextPage(nextPageToken);
  }
}

function placeOf({ topic, partition, offset }: DeadLetter): string {
  return `${topic}/${partition}/${offset}`;
}

/** On two lines: an error is long, and says more than the rest. */
function describe(letter: DeadLetter): string {
  const { group, kind, key, attempts, deadAt, error } = letter;
  const [summary = ''] = error.split('\n');
  return [
    `${group} ${placeOf(letter)}: ${kind} ${key}, ${counted(attempts, 'attempt')}, ${formatTime(deadAt)} UTC`,
    `  ${cellText(summary)}`,
  ].join('\n');
}

function present(letter: DeadLetter): object {
  const { group, topic, partition, offset, key, kind, payload, attempts, error } = letter;
  return {
    group,
    topic,
    partition,
    offset,
    key: String(key),
    kind,
    payload,
    attempts,
    error,
    created_at: letter.createdAt.toISOString(),
    dead_at: letter.deadAt.toISOString(),
  };
}

function parseToken(token: string): NonNullable<PageStart> {
  const [, group, topic, partition, offset] = /^(.+)\/([a-z_]+)\/(\d{1,3})\/(\d{1,15})$/.exec(token) ?? [];
  if (group === undefined || topic === undefined) {
    throw invalidField('--page-token', 'must be what an earlier page said, unchanged.');
  }
  return { group, topic, partition: Number(partition), offset: Number(offset) };
}
