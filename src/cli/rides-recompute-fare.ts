/** `groundswell rides recompute-fare`: whether what rides cost is what it should be, from what was kept with each price. */
import { Command } from 'commander';
import { AppError } from '../core/errors.ts';
import { parseId } from '../core/ids.ts';
import type { FareJson } from '../systems/rides/fares/fare-json.ts';
import type { PriceAudit, PriceCheck } from '../systems/rides/quotes/price-audit.ts';
import { type SettingOptions, withDatabaseOptions } from './config-options.ts';
import { withExamples } from './examples.ts';
import { printJson } from './listing.ts';
import { withExistingProduct } from './open-product.ts';
import { counted } from './quantities.ts';
import { formatTable } from './table.ts';

interface RecomputeOptions extends SettingOptions {
  readonly all?: true;
  readonly json?: true;
}

/** Differences that are printed; how many there are is said in the end. */
const SHOWN_MAX = 100;

export function recomputeFareCommand(): Command {
  const command = withDatabaseOptions(new Command('recompute-fare'))
    .summary('reckon what rides cost again')
    .description(
      'Reckon the price of a ride, or of all rides, again: from its distance, time and rates, and from what was counted for the surge. Says what each part comes to.',
    )
    .argument('[ride_id]', 'the ride; none with --all')
    .option('--all', 'every ride, and only what is wrong')
    .option('--json', 'for programs, a line for each ride')
    .addHelpText(
      'after',
      ['', 'The exit code is 0 if every price is as it should be, and 1 if not.'].join('\n'),
    )
    .action(recompute);
  return withExamples(
    command,
    'groundswell rides recompute-fare 1540000000000000',
    'groundswell rides recompute-fare --all',
  );
}

async function recompute(rideText: string | undefined, options: RecomputeOptions): Promise<void> {
  if ((rideText === undefined) !== (options.all === true)) {
    throw new AppError('invalid', 'Name a ride, or all of them: RIDE_ID or --all.');
  }
  const wrong = await withExistingProduct(options, 'groundswell rides', ({ product: { priceAudit } }) =>
    rideText === undefined ? checkAll(priceAudit, options) : checkOne(priceAudit, rideText, options),
  );
  if (wrong > 0) throw new AppError('conflict', `${counted(wrong, 'price')} not as it should be.`);
}

async function checkOne(audit: PriceAudit, rideText: string, { json }: RecomputeOptions): Promise<number> {
  const check = await audit.check(parseId(rideText, 'ride_id'));
  if (json) printJson(present(check));
  else console.log(explain(check));
  return check.differences.length > 0 ? 1 : 0;
}

async function checkAll(audit: PriceAudit, { json }: RecomputeOptions): Promise<number> {
  const counts = { rides: 0, unpriced: 0, versions: 0, wrong: 0 };
  for await (const check of audit.checkAll()) {
    counts.rides += 1;
    if (check.charged === undefined) counts.unpriced += 1;
    if (check.versionAgrees !== undefined) counts.versions += 1;
    if (check.differences.length > 0) counts.wrong += 1;
    if (json) printJson(present(check));
    else if (check.differences.length > 0 && counts.wrong <= SHOWN_MAX) console.log(lineOf(check));
  }
  if (json) return counts.wrong;
  const older = counts.unpriced === 0 ? '' : `, ${counts.unpriced.toLocaleString('en')} older than prices`;
  console.log(
    `Reckoned ${counted(counts.rides, 'price')} again${older}; of ${counts.versions.toLocaleString('en')} the version of the surge is kept, too: ` +
      `${counts.wrong === 0 ? 'all as they should be' : `${counts.wrong.toLocaleString('en')} wrong`}.`,
  );
  return counts.wrong;
}

function lineOf({ rideId, differences }: PriceCheck): string {
  return `${rideId}: ${differences.join('; ')}`;
}

function explain(check: PriceCheck): string {
  const { charged, reckoned, differences } = check;
  if (charged === undefined) return 'This ride is older than prices.';
  const parts =
    reckoned === undefined ? '' : `${partsTable(charged, reckoned)}\n\n${surgeLine(check, reckoned)}\n`;
  return (
    parts + (differences.length === 0 ? 'The price is as it should be.' : `Wrong: ${differences.join('; ')}.`)
  );
}

function partsTable(charged: FareJson, reckoned: FareJson): string {
  const rowsOf = ({ parts, total, to_driver: toDriver }: FareJson): [string, number][] => [
    ...Object.entries(parts),
    ['total', total],
    ['to driver', toDriver],
  ];
  const again = new Map(rowsOf(reckoned));
  return formatTable(
    [reckoned.currency, 'CHARGED', 'RECKONED'],
    rowsOf(charged).map(([name, amount]) => [name, String(amount), String(again.get(name) ?? '')]),
  );
}

function surgeLine({ versionAgrees }: PriceCheck, fare: FareJson): string {
  const version = fare.surge_version === null ? 'no version' : `version ${fare.surge_version}`;
  const kept =
    versionAgrees === undefined
      ? 'not kept any more'
      : versionAgrees
        ? 'which agrees'
        : 'which does not agree';
  const which = fare.surge_version === null ? '' : `, ${kept}`;
  return `${fare.distance_m} m, ${fare.duration_s} s, surge ${fare.surge_percent} % by ${version}${which}.`;
}

function present({ rideId, charged, reckoned, versionAgrees, differences }: PriceCheck): object {
  return {
    ride_id: String(rideId),
    charged: charged ?? null,
    reckoned: reckoned ?? null,
    surge_version_agrees: versionAgrees ?? null,
    differences,
  };
}
