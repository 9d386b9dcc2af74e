/** What pictures cost: uploads, variants beside sharp alone, the feed of photos, serving them beside nginx, and very many at once. */
import sharp from 'sharp';
import { API, textAt } from '../../client/api-client.ts';
import { addressOf } from '../../client/http-client.ts';
import { readTreeCpu } from '../../telemetry/process-cpu.ts';
import { median } from '../statistics.ts';
import { measure, type Slice } from '../workshop.ts';
import { amountOf, type Experiment, type ExperimentWorkshop, type Figure } from './experiment.ts';
import { countErrors } from './own-reads.ts';
import { measureFlood } from './photo-flood.ts';
import { measureServing } from './photo-serving.ts';
import { makePhoto, scaleByHand, sendPhoto, stateOf } from './photo-uploads.ts';

/** Of 6 megapixels, as phones send them. */
const PHOTOS = 24;
const UPLOADS_AT_ONCE = 8;
const BARE_PHOTOS = 8;
/** In the feed: of so many of the most followed people, so many each. */
const POSTERS_MAX = 100;
const PHOTOS_EACH = 5;
const POLL_MS = 200;

export const photosExperiment: Experiment = {
  name: 'photos',
  purpose:
    'uploads, variants beside sharp alone, the feed of photos, pictures served beside nginx, many uploads at once',
  async run(workshop) {
    const { options } = workshop;
    options.onProgress('photos: making pictures');
    const photos = await Promise.all(
      Array.from({ length: 4 }, (_, index) => makePhoto(3_000, 2_000, 20 + index)),
    );
    const bytes = photos.reduce((sum, photo) => sum + photo.length, 0) / photos.length;
    options.onProgress('photos: sharp alone');
    const bareMs = await cpuOfBare(photos, amountOf(BARE_PHOTOS, options));
    options.onProgress('photos: uploads');
    const uploaded = await upload(workshop, photos);
    options.onProgress('photos: the feed');
    const thumbnails = await fillFeed(workshop);
    const feed = await slices(workshop, { path: `${API}/feed?type=photos&limit=20` });
    const served = await slices(workshop, { path: thumbnails[0] ?? '/' });
    const serving = await measureServing(workshop, [
      ['320', thumbnails[0] ?? '/'],
      ['full', await largePicture(workshop, photos[0] ?? Buffer.alloc(0))],
    ]);
    options.onProgress('photos: many at once');
    const flood = await measureFlood(workshop, photos);
    const figures: Figure[] = [
      { label: 'pictures of 6 megapixels', value: bytes / 1_000, unit: 'kB each' },
      ...uploaded.map(({ label, value, unit }) => ({ label, value, unit })),
      { label: 'variants by sharp alone', value: 1_000 / bareMs, unit: 'photos/s a core' },
      { label: 'posts with pictures', value: thumbnails.length, unit: '' },
      ...figuresOf('the feed of photos', feed),
      ...figuresOf('a picture of 320 served', served),
      ...serving,
      ...flood,
    ];
    return { name: 'photos', purpose: photosExperiment.purpose, figures };
  },
};

/** CPU milliseconds a picture, in this process. */
async function cpuOfBare(photos: readonly Buffer[], count: number): Promise<number> {
  sharp.concurrency(1);
  const before = process.cpuUsage();
  for (let index = 0; index < count; index += 1) {
    await scaleByHand(photos[index % photos.length] ?? Buffer.alloc(0));
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / count;
}

async function upload(workshop: ExperimentWorkshop, photos: readonly Buffer[]): Promise<Figure[]> {
  const { crowd, options } = workshop;
  const { clock, stage } = options;
  const count = amountOf(PHOTOS, options);
  const token = crowd.token(crowd.byFame[0] ?? 0);
  const cpuBefore = readTreeCpu(stage.pids);
  const startMs = clock.monotonicMs();
  const latencies: number[] = [];
  const mediaIds: string[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count) {
      const photo = photos[next % photos.length] ?? Buffer.alloc(0);
      next += 1;
      const sentMs = clock.monotonicMs();
      mediaIds.push(textAt(await sendPhoto(stage.url, token, '/media', photo), 'media_id'));
      latencies.push(clock.monotonicMs() - sentMs);
    }
  };
  await Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, work));
  const uploadedMs = clock.monotonicMs() - startMs;
  for (const mediaId of mediaIds) {
    while ((await stateOf(stage.url, token, mediaId)) === 'processing') await clock.sleep(POLL_MS);
  }
  const processedMs = clock.monotonicMs() - startMs;
  const cpuAfter = readTreeCpu(stage.pids);
  const cpuMs = cpuBefore && cpuAfter ? cpuAfter.serverMs - cpuBefore.serverMs : undefined;
  return [
    {
      label: `uploads, ${UPLOADS_AT_ONCE} at a time`,
      value: (count / uploadedMs) * 1_000,
      unit: 'photos/s',
    },
    { label: 'answered after', value: median(latencies), unit: 'ms' },
    {
      label: 'from the first upload to the last variant',
      value: (count / processedMs) * 1_000,
      unit: 'photos/s',
    },
    {
      label: 'upload and variants by the product',
      value: cpuMs === undefined ? undefined : (count / cpuMs) * 1_000,
      unit: 'photos/s a core',
    },
  ];
}

/** Answers the paths of their pictures of 320 pixels. */
async function fillFeed({ crowd, options }: ExperimentWorkshop): Promise<string[]> {
  const small = await makePhoto(400, 300, 30);
  const paths: string[] = [];
  for (const person of crowd.byFame.slice(0, amountOf(POSTERS_MAX, options))) {
    const token = crowd.token(person);
    for (let index = 0; index < PHOTOS_EACH; index += 1) {
      const photo = await sendPhoto(options.stage.url, token, '/photos', small);
      paths.push(new URL(textAt(photo, 'url')).pathname.replace(/full$/, '320'));
    }
  }
  // Until the last one has its variants.
  const last = `${options.stage.url}${paths.at(-1)}`;
  while ((await fetch(last)).status !== 200) await options.clock.sleep(POLL_MS);
  return paths;
}

/** The path of a picture of 6 megapixels, once it is there. */
async function largePicture({ crowd, options }: ExperimentWorkshop, photo: Buffer): Promise<string> {
  const { url } = options.stage;
  const sent = await sendPhoto(url, crowd.token(crowd.byFame[0] ?? 0), '/photos', photo);
  const { pathname } = new URL(textAt(sent, 'url'));
  while ((await fetch(`${url}${pathname}`)).status !== 200) await options.clock.sleep(POLL_MS);
  return pathname;
}

async function slices(
  workshop: ExperimentWorkshop,
  { path }: { readonly path: string },
): Promise<readonly Slice[]> {
  const { crowd, options } = workshop;
  const operations = [[{ method: 'GET', path } as const]];
  const mix = { operations, tokens: crowd.readerTokens, skew: options.skew, seed: options.seed };
  const target = { kind: 'http', address: addressOf(options.stage.url), mix } as const;
  await measure(workshop, [], { target, durationMs: options.warmUpSeconds * 1_000 });
  const measured: Slice[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    measured.push(await measure(workshop, options.stage.pids, { target }));
  }
  return measured;
}

function figuresOf(label: string, measured: readonly Slice[]): Figure[] {
  const over = (figure: (slice: Slice) => number | undefined) => median(measured.map(figure));
  return [
    {
      label,
      value: over(({ completed, durationMs }) => (completed / durationMs) * 1_000),
      unit: 'requests/s',
    },
    { label: `${label}, p99`, value: over(({ latency }) => latency.p99Ms), unit: 'ms' },
    {
      label: `${label}, CPU node`,
      value: over(({ serverCpuMs, completed }) => serverCpuMs && (serverCpuMs * 1_000) / completed),
      unit: 'us a request',
    },
    { label: `${label}, errors`, value: over(countErrors), unit: '' },
  ];
}
