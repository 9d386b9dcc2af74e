import { Command } from 'commander';
import { systemClock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { Difference, Verification } from '../systems/feed/home/timeline-verification.ts';
import { type SettingOptions, withDatabaseOptions } from './config-options.ts';
import { withExamples } from './examples.ts';
import { checksOf, findReader } from './feeds-subjects.ts';
import { interruptedOr, interruptionSignal } from './interruption.ts';
import { printJson } from './listing.ts';
import { type OpenProduct, withExistingProduct } from './open-product.ts';
import { wholeNumber } from './option-values.ts';
import { createProgress } from './progress.ts';
import { counted, formatSeconds } from './quantities.ts';
import { formatTable } from './table.ts';

interface VerifyOptions extends SettingOptions {
  readonly user?: string;
  readonly readers?: number;
  readonly pages: number;
  readonly json?: true;
}

const READERS_MAX = 10_000_000;
const PAGES_MAX = 100;
const PAGES_DEFAULT = 5;
/** Lines of the table. */
const SHOWN_MAX = 100;

export function verifyCommand(): Command {
  const command = withDatabaseOptions(new Command('verify'))
    .summary('compare cached timelines with the truth')
    .description(
      'Have the running server compare its cached home timelines with SQL: which entries they have, and what their first pages show.',
    )
    .option('--user <username>', 'only the timeline of this user')
    .option('--readers <number>', 'so many timelines (all)', wholeNumber(1, READERS_MAX))
    .option('--pages <number>', 'pages to compare of each', wholeNumber(1, PAGES_MAX), PAGES_DEFAULT)
    .option('--json', 'for programs, with every difference')
    .addHelpText(
      'after',
      [
        '',
        'A difference counts if it is still there when all that was on its way has',
        'arrived. The exit code is 0 if there is none, and 1 if there are some.',
      ].join('\n'),
    )
    .action(verify);
  return withExamples(
    command,
    'groundswell feeds verify',
    'groundswell feeds verify --user alice --pages 20',
  );
}

async function verify(options: VerifyOptions): Promise<void> {
  const signal = interruptionSignal();
  const { verification, names } = await withExistingProduct(options, 'groundswell feeds', async (opened) => {
    const verification = await askServer(opened, options, signal);
    const names = await namesIn(opened, verification.differences);
    return { verification, names };
  });
  const nameOf = (userId: number | null): string =>
    userId === null ? '' : (names.get(userId) ?? String(userId));
  if (options.json) printJson(present(verification, nameOf));
  else print(verification, nameOf, options);
  const { differenceCount, undecided } = verification;
  if (differenceCount === 0) return;
  const found = `${counted(differenceCount, 'difference')} found.`;
  throw new AppError(
    'conflict',
    undecided ? `${found} The fan-out was behind all the time, so some may be on their way.` : found,
  );
}

async function askServer(
  opened: OpenProduct,
  options: VerifyOptions,
  signal: AbortSignal,
): Promise<Verification> {
  const { user, readers = null, pages } = options;
  const progress = createProgress({ label: 'Verifying', clock: systemClock });
  try {
    const account = user === undefined ? undefined : await findReader(opened, '--user', user);
    const verification = await checksOf(opened).ask(
      { kind: 'verify', readerId: account?.userId ?? null, readers, pages },
      {
        signal,
        onProgress: ({ done, total, differences }) =>
          progress.show(
            total === 0 ? 1 : done / total,
            `${counted(done, 'timeline')}, ${counted(differences, 'difference')}`,
          ),
      },
    );
    if (verification === undefined) throw nobodyAnswers();
    return verification;
  } catch (error) {
    throw interruptedOr(error, signal, 'The server stops comparing.');
  } finally {
    progress.end();
  }
}

function nobodyAnswers(): AppError {
  return new AppError(
    'unavailable',
    'No server with cached timelines is running for this database, so there is nothing to compare. ' +
      'Start `groundswell serve` with the same --data or --database-url.',
  );
}

async function namesIn(
  { product }: OpenProduct,
  differences: readonly Difference[],
): Promise<ReadonlyMap<number, string>> {
  const userIds = differences.flatMap(({ readerId, sourceId }) =>
    sourceId === null ? [readerId] : [readerId, sourceId],
  );
  return product.accounts.users.getUsernames(userIds);
}

type NameOf = (userId: number | null) => string;

function print(verification: Verification, nameOf: NameOf, { user }: VerifyOptions): void {
  const { differences, differenceCount, readersCached, readersChecked, entriesCompared, durationMs } =
    verification;
  if (differences.length > 0) {
    console.log(`${differenceTable(differences.slice(0, SHOWN_MAX), nameOf)}\n`);
    if (differenceCount > SHOWN_MAX) {
      console.log(`… and ${(differenceCount - SHOWN_MAX).toLocaleString('en')} more: see --json.\n`);
    }
  }
  if (readersCached === 0) {
    console.log('No timeline is cached: each is made when its reader comes.');
    return;
  }
  if (user !== undefined && readersChecked === 0) {
    console.log(`${user} has no cached timeline: it is made when they come.`);
    return;
  }
  const compared = `${counted(readersChecked, 'timeline')} of ${readersCached.toLocaleString('en')} and ${entriesCompared.toLocaleString('en')} entries`;
  console.log(
    `Compared ${compared} in ${formatSeconds(durationMs)}${rateOf(readersChecked, durationMs)}: ${
      differenceCount === 0 ? 'no differences' : counted(differenceCount, 'difference')
    }.`,
  );
  const [first] = differences;
  if (first !== undefined) {
    console.log(`Why? Try: groundswell feeds explain ${nameOf(first.readerId)} ${first.entryId}`);
  }
}

/** Not of less than a second, nor where it is less than one. */
function rateOf(readersChecked: number, durationMs: number): string {
  const rate = readersChecked / (durationMs / 1_000);
  return durationMs < 1_000 || rate < 1 ? '' : ` (${Math.round(rate).toLocaleString('en')} a second)`;
}

function differenceTable(differences: readonly Difference[], nameOf: NameOf): string {
  return formatTable(
    ['READER', 'IN', 'KIND', 'ENTRY', 'OF', 'WHY'],
    differences.map(({ readerId, check, kind, entryId, sourceId, why }) => [
      nameOf(readerId),
      check,
      kind,
      String(entryId),
      nameOf(sourceId),
      why,
    ]),
  );
}

function present(verification: Verification, nameOf: NameOf): object {
  return {
    readers_cached: verification.readersCached,
    readers_checked: verification.readersChecked,
    entries_compared: verification.entriesCompared,
    duration_ms: Math.round(verification.durationMs),
    difference_count: verification.differenceCount,
    undecided: verification.undecided,
    differences: verification.differences.map(({ readerId, check, kind, entryId, sourceId, why }) => ({
      reader_id: String(readerId),
      reader: nameOf(readerId),
      in: check,
      kind,
      entry_id: String(entryId),
      source_id: sourceId === null ? null : String(sourceId),
      source: sourceId === null ? null : nameOf(sourceId),
      why,
    })),
  };
}
