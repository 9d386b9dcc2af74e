/** Bytes of pictures a second, beside nginx serving the same files from the disk moments apart. */
import { type Address, addressOf } from '../../client/http-client.ts';
import { type Nginx, startNginx } from '../nginx.ts';
import { median } from '../statistics.ts';
import { measure, type Slice } from '../workshop.ts';
import type { ExperimentWorkshop, Figure } from './experiment.ts';
import { countErrors } from './own-reads.ts';

/** Name and path below the server. */
export type ServedPicture = readonly [name: string, path: string];

export async function measureServing(
  workshop: ExperimentWorkshop,
  pictures: readonly ServedPicture[],
): Promise<Figure[]> {
  const { stage, serverCores, clock } = workshop.options;
  const files: Record<string, Uint8Array> = {};
  for (const [name, path] of pictures) {
    files[name] = new Uint8Array(await (await fetch(`${stage.url}${path}`)).arrayBuffer());
  }
  const nginx = await startNginx({ files, type: 'image/jpeg' }, { cores: serverCores, clock });
  try {
    const figures: Figure[] = [];
    for (const [name, path] of pictures) {
      const bytes = files[name]?.length ?? 0;
      figures.push(...(await compare(workshop, nginx, { name, path, bytes })));
    }
    return figures;
  } finally {
    await nginx?.close();
  }
}

interface Subject {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
}

async function compare(
  workshop: ExperimentWorkshop,
  nginx: Nginx | undefined,
  { name, path, bytes }: Subject,
): Promise<Figure[]> {
  const { options } = workshop;
  const own = () => serve(workshop, options.stage.pids, addressOf(options.stage.url), path);
  const theirs = () => nginx && serve(workshop, [nginx.pid], nginx.address, `/${name}`);
  await own();
  await theirs();
  const [ours, others]: [Slice[], Slice[]] = [[], []];
  for (let round = 0; round < options.rounds; round += 1) {
    options.onProgress(`photos: serving ${name}, round ${round + 1} of ${options.rounds}`);
    ours.push(await own());
    const slice = await theirs();
    if (slice !== undefined) others.push(slice);
  }
  return [
    { label: `a picture (${name})`, value: bytes / 1_000, unit: 'kB' },
    ...figuresOf(`${name} served`, ours, bytes),
    ...(others.length === 0 ? [] : figuresOf(`${name} by nginx from the disk`, others, bytes)),
  ];
}

function serve(
  workshop: ExperimentWorkshop,
  pids: readonly number[],
  address: Address,
  path: string,
): Promise<Slice> {
  const { skew, seed } = workshop.options;
  const operations = [[{ method: 'GET', path } as const]];
  const mix = { operations, tokens: workshop.crowd.readerTokens, skew, seed };
  return measure(workshop, pids, { target: { kind: 'http', address, mix } });
}

function figuresOf(label: string, slices: readonly Slice[], bytes: number): Figure[] {
  const over = (figure: (slice: Slice) => number | undefined) => median(slices.map(figure));
  return [
    {
      label,
      value: over(({ completed, durationMs }) => (completed * bytes) / durationMs / 1_000),
      unit: 'MB/s',
    },
    {
      label: `${label}, CPU`,
      value: over(
        ({ serverCpuMs, completed }) => serverCpuMs && (serverCpuMs * 1e9) / (completed * bytes) / 1_000,
      ),
      unit: 's for 1 GB',
    },
    // Near 100, it was the limit.
    {
      label: `${label}, CPU of the load`,
      value: over(({ generatorCpuMs, durationMs }) => (generatorCpuMs / durationMs) * 100),
      unit: '% of a core',
    },
    { label: `${label}, errors`, value: over(countErrors), unit: '' },
  ];
}
