/** `groundswell rides roads`: the road graphs of towns, in the data folder. */

import { stat } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { systemClock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { GeoPoint } from '../core/geo.ts';
import { generateCity } from '../roads/generated-city.ts';
import { type CityRoads, keepRoads } from '../roads/keep-roads.ts';
import { importOsm } from '../roads/osm/osm-import.ts';
import { readRoadFile } from '../roads/road-file.ts';
import { roadFilePath, roadFilePaths } from '../roads/road-folder.ts';
import { type RoadGraph, UNITS_PER_DEGREE } from '../roads/road-graph.ts';
import { generatedSource, osmSource } from '../roads/road-sources.ts';
import type { City } from '../systems/rides/cities/cities.ts';
import { isInBox } from '../systems/rides/cities/map-box.ts';
import { configOf, type SettingOptions } from './config-options.ts';
import { withExamples } from './examples.ts';
import { wholeNumber } from './option-values.ts';
import { createProgress, type Progress } from './progress.ts';
import { counted, formatBytes, formatSeconds } from './quantities.ts';

interface CityOptions extends SettingOptions {
  readonly city: string;
}

interface GenerateOptions extends CityOptions {
  readonly crossings: number;
  readonly seed: number;
}

/** As roads read OpenStreetMap's share of an import, in this order. */
const READING_SHARE = 0.3;

export function roadsCommand(): Command {
  const roads = new Command('roads')
    .summary('road graphs, for ways and travel times')
    .description(
      'Roads by which ways and travel times are reckoned, in the data folder; servers read them when they start. Where there are none, it is the great circle.',
    );
  for (const command of [importCommand(), generateCommand(), listCommand()]) roads.addCommand(command);
  return withExamples(
    roads,
    'groundswell rides roads import vienna.osm.pbf --city vienna',
    'groundswell rides roads list',
  );
}

function importCommand(): Command {
  const command = withCity(new Command('import'))
    .summary('take the roads from an extract of OpenStreetMap')
    .description(
      "Take the roads from an extract of OpenStreetMap: .osm.pbf, or XML (.osm), which may be gzipped. Replaces those of the city. OpenStreetMap's data is under the ODbL: say so where its roads are shown.",
    )
    .argument('<file>', 'the extract, cut out to the town')
    .action(importRoads);
  return withExamples(command, 'groundswell rides roads import vienna.osm.pbf --city vienna');
}

function generateCommand(): Command {
  const command = withCity(new Command('generate'))
    .summary('make up the roads of a town')
    .description('Make up the roads of a town in the middle of the city: to try things with, without a map.')
    .option('--crossings <n>', 'how many, about', wholeNumber(400, 1_000_000), 20_000)
    .option('--seed <n>', 'the same makes the same town', wholeNumber(0, 2 ** 31), 42)
    .action(generateRoads);
  return withExamples(command, 'groundswell rides roads generate --city new_york --crossings 20000');
}

function listCommand(): Command {
  const command = new Command('list')
    .summary('which there are')
    .description('Which roads there are, and whether their files are whole.')
    .option('--data <folder>', 'folder of the embedded engines (GROUNDSWELL_DATA, ./data)')
    .action(listRoads);
  return withExamples(command, 'groundswell rides roads list');
}

function withCity(command: Command): Command {
  return command
    .requiredOption('--city <name>', 'as GROUNDSWELL_CITIES names it')
    .option('--data <folder>', 'folder of the embedded engines (GROUNDSWELL_DATA, ./data)');
}

async function importRoads(file: string, options: CityOptions): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true) throw new AppError('not_found', `There is no file ${file}.`);
  const { dataFolder, city } = cityOf(options);
  await withProgress('Importing', async (progress) => {
    const { graph, unconnected, cutOff } = await importOsm(file, {
      onProgress: (reading, fraction) =>
        progress.show(
          (reading === 'roads' ? fraction : 1 + fraction) * (READING_SHARE / 2),
          `reading ${reading}`,
        ),
    });
    checkCity(graph, city);
    await keep(dataFolder, { city: city.name, source: osmSource(path.basename(file)), graph }, progress);
    const left = [
      ...(unconnected > 0 ? [`${counted(unconnected, 'piece')} of street that lead nowhere`] : []),
      ...(cutOff > 0 ? [`${counted(cutOff, 'street')} that the extract cuts off`] : []),
    ];
    return left.length === 0 ? '' : ` Left out: ${left.join(', ')}.`;
  }).then((left) => report(options, left));
}

async function generateRoads(options: GenerateOptions): Promise<void> {
  const { dataFolder, city } = cityOf(options);
  const middle = middleOf(city);
  const side = Math.round(Math.sqrt(options.crossings));
  await withProgress('Making up roads', async (progress) => {
    const graph = generateCity({ seed: options.seed, columns: side, rows: side, middle });
    await keep(dataFolder, { city: options.city, source: generatedSource(options.seed), graph }, progress);
  });
  await report(options, '');
}

async function listRoads(options: SettingOptions): Promise<void> {
  const paths = await roadFilePaths(configOf(options).dataFolder);
  if (paths.length === 0) console.log('There are no roads: ways are reckoned by the great circle.');
  for (const file of paths) {
    const line = await describe(file).catch((error: unknown) => {
      if (error instanceof AppError) return error.message;
      throw error;
    });
    console.log(line);
  }
}

function cityOf(options: CityOptions): { readonly dataFolder: string; readonly city: City } {
  const { dataFolder, rides } = configOf(options);
  const city = rides.cities.find(({ name }) => name === options.city);
  if (city === undefined) {
    const names = rides.cities.map(({ name }) => name).join(', ');
    throw new AppError('not_found', `There is no city ${options.city}, but ${names} (GROUNDSWELL_CITIES).`);
  }
  return { dataFolder, city };
}

function middleOf({ south, west, north, east }: City): GeoPoint {
  return { lat: (south + north) / 2, lng: west <= east ? (west + east) / 2 : 180 };
}

/** With the roads of another town every way would be straight, and nobody told why. */
function checkCity({ nodeLats, nodeLngs }: RoadGraph, city: City): void {
  const isThere = nodeLats.some((lat, node) =>
    isInBox(city, { lat: lat / UNITS_PER_DEGREE, lng: (nodeLngs[node] ?? 0) / UNITS_PER_DEGREE }),
  );
  if (isThere) return;
  const { name, south, west, north, east } = city;
  throw new AppError(
    'invalid',
    `No road of this extract is in ${name}, which is ${south}/${west}/${north}/${east} (GROUNDSWELL_CITIES). Is it one of another town?`,
  );
}

async function keep(dataFolder: string, roads: CityRoads, progress: Progress): Promise<void> {
  await keepRoads(dataFolder, roads, (fraction) =>
    progress.show(READING_SHARE + fraction * (1 - READING_SHARE), 'looking for short cuts'),
  );
}

async function withProgress<Result>(
  label: string,
  work: (progress: Progress) => Promise<Result>,
): Promise<Result> {
  const progress = createProgress({ label, clock: systemClock });
  try {
    return await work(progress);
  } finally {
    progress.end();
  }
}

async function report(options: CityOptions, more: string): Promise<void> {
  const file = roadFilePath(configOf(options).dataFolder, options.city);
  console.log(`${await describe(file)}${more}`);
  console.log('Servers use them when they are started again.');
}

async function describe(file: string): Promise<string> {
  const beganMs = systemClock.monotonicMs();
  const [{ size }, { city, source, graph }] = await Promise.all([stat(file), readRoadFile(file)]);
  const kilometers = Math.round(graph.lengthsCm.reduce((sum, cm) => sum + cm, 0) / 100_000);
  const tookMs = systemClock.monotonicMs() - beganMs;
  return `${city}: ${counted(graph.nodeLats.length, 'crossing')}, ${counted(kilometers, 'kilometer')} of road; ${formatBytes(size)}, read in ${formatSeconds(tookMs)} (${source}).`;
}
