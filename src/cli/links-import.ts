/** `groundswell links import`: takes over the links of another shortener, of which there may be any number. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { AppError } from '../core/errors.ts';
import type { Id } from '../core/ids.ts';
import { createLinkBodies } from '../systems/links/link-bodies-routes.ts';
import { IMPORT_FORMATS, type ImportFormat, openImport } from '../systems/links/transfer/import-formats.ts';
import {
  IMPORT_OUTCOMES,
  type ImportOutcome,
  type ImportResult,
} from '../systems/links/transfer/import-results.ts';
import { whileReadable } from '../systems/links/transfer/row.ts';
import { utf8Text } from '../systems/links/transfer/utf8-text.ts';
import { type SettingOptions, withDatabaseOptions } from './config-options.ts';
import { withExamples } from './examples.ts';
import { type OpenProduct, withExistingProduct } from './open-product.ts';

interface ImportOptions extends SettingOptions {
  readonly format: ImportFormat;
  readonly user: string;
  readonly dryRun?: true;
  readonly json?: true;
}

export function linksImportCommand(): Command {
  const command = withDatabaseOptions(new Command('import'))
    .summary('take over links of Bitly, YOURLS, Kutt or Shlink, or of a table')
    .description(
      'Take over links of another shortener, with their codes where those are free. Prints a line for each row that is not kept as it was, and how many there are. What was taken over is not taken over again, so an import that was interrupted is repeated.',
    )
    .argument('<file>', 'CSV, JSON or SQL, as that shortener exports it')
    .addOption(
      new Option('--format <name>', 'whose links; csv: our own export, or a table with such columns')
        .choices(IMPORT_FORMATS)
        .makeOptionMandatory(),
    )
    .requiredOption('--user <username>', 'whose links they become')
    .option('--dry-run', 'say what would become of the rows, and change nothing')
    .option('--json', 'print a line of JSON for every row')
    .action(importLinks);
  return withExamples(
    command,
    'groundswell links import --format bitly links.csv --user alice --dry-run',
    'groundswell links import --format yourls yourls.sql --user alice',
  );
}

async function importLinks(file: string, options: ImportOptions): Promise<void> {
  await refuseAbsentFile(file);
  await withExistingProduct(options, 'groundswell links', async (opened) => {
    const ownerId = await userIdOf(opened, options.user);
    const texts = utf8Text(createReadStream(file));
    const { rows, read } = openImport(options.format, texts, createLinkBodies().draftOf);
    const results = opened.product.shortener.imports.run({
      ...{ ownerId, source: options.format, read, rows: whileReadable(rows) },
      dryRun: options.dryRun ?? false,
    });
    await report(results, options);
  });
}

async function refuseAbsentFile(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true) throw new AppError('not_found', `There is no file ${file}.`);
}

async function userIdOf({ product }: OpenProduct, username: string): Promise<Id> {
  const [user] = (await product.accounts.users.findUsers([username])).values();
  if (user === undefined) throw new AppError('not_found', `There is no user ${username}.`);
  return user.userId;
}

async function report(results: AsyncIterable<ImportResult>, { json, dryRun }: ImportOptions): Promise<void> {
  const counts = new Map<ImportOutcome, number>();
  for await (const result of results) {
    counts.set(result.outcome, (counts.get(result.outcome) ?? 0) + 1);
    if (json) console.log(JSON.stringify(result));
    else if (result.reason !== undefined || result.notes.length > 0) console.log(lineOf(result));
  }
  if (json) return;
  const total = IMPORT_OUTCOMES.map((outcome) => `${counts.get(outcome) ?? 0} ${outcome}`).join(', ');
  console.log(dryRun ? `Nothing was changed. There would be: ${total}.` : `Of the links: ${total}.`);
}

function lineOf({ row, outcome, sourceCode, code, reason, notes }: ImportResult): string {
  const renamed = outcome === 'renamed' && code !== undefined ? ` as ${code}` : '';
  const what = `row ${row}${sourceCode === undefined ? '' : ` (${sourceCode})`}`;
  return `${what}: ${outcome}${renamed}. ${[reason, ...notes].filter((text) => text !== undefined).join(' ')}`;
}
