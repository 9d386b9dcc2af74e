/** `groundswell rides surge`: has the surge of a city reckoned at once, by the server that leads it. */
import { Command } from 'commander';
import { AppError } from '../core/errors.ts';
import { SURGE_APART_MS } from '../systems/rides/surge/surge-making.ts';
import { type SettingOptions, withDatabaseOptions } from './config-options.ts';
import { withExamples } from './examples.ts';
import { withExistingProduct } from './open-product.ts';

export function surgeCommand(): Command {
  const command = withDatabaseOptions(new Command('surge'))
    .summary('have the surge of a city reckoned at once')
    .description(
      `Have the surge of a city reckoned at once, and not only at the next five minutes: by the server that leads the city, within seconds, ${SURGE_APART_MS / 1_000} s after the last at the earliest.`,
    )
    .argument('<city>', 'as GROUNDSWELL_CITIES names it')
    .action(orderSurge);
  return withExamples(command, 'groundswell rides surge new_york');
}

async function orderSurge(city: string, options: SettingOptions): Promise<void> {
  await withExistingProduct(options, 'groundswell rides', async ({ config, product }) => {
    const names = config.rides.cities.map(({ name }) => name);
    if (!names.includes(city)) {
      throw new AppError('not_found', `There is no city ${city}, but ${names.join(', ')}.`);
    }
    await product.surge.order(city);
  });
  console.log(`The surge of ${city} is reckoned as soon as the server that leads it looks.`);
}
