/** Two hundred pictures that arrive at the same time: how long that takes, and how much memory. */
import { readFileSync } from 'node:fs';
import { textAt } from '../../client/api-client.ts';
import { processTree } from '../../telemetry/process-cpu.ts';
import { amountOf, type ExperimentWorkshop, type Figure } from './experiment.ts';
import { deletePhoto, sendPhoto } from './photo-uploads.ts';

const UPLOADS = 200;
/** Nobody may send very many at a time. */
const UPLOADS_EACH = 10;
const LOOK_EVERY_MS = 20;

interface Memory {
  /** Of the process that answers. */
  readonly serverBytes: number;
  /** Of those that decode. */
  readonly decodingBytes: number;
}

export async function measureFlood(
  { crowd, options }: ExperimentWorkshop,
  photos: readonly Buffer[],
): Promise<Figure[]> {
  const { stage, clock } = options;
  const count = amountOf(UPLOADS, options);
  const before = memoryOf(stage.pids);
  const peak = { serverBytes: 0, decodingBytes: 0 };
  const look = (): void => {
    const memory = memoryOf(stage.pids);
    peak.serverBytes = Math.max(peak.serverBytes, memory?.serverBytes ?? 0);
    peak.decodingBytes = Math.max(peak.decodingBytes, memory?.decodingBytes ?? 0);
  };
  const watch = setInterval(look, LOOK_EVERY_MS);
  const startMs = clock.monotonicMs();
  const uploads = Array.from({ length: count }, async (_, index) => {
    const person = crowd.byFame[Math.floor(index / UPLOADS_EACH) % crowd.byFame.length] ?? 0;
    const photo = photos[index % photos.length] ?? Buffer.alloc(0);
    const token = crowd.token(person);
    return { token, mediaId: textAt(await sendPhoto(stage.url, token, '/media', photo), 'media_id') };
  });
  const settled = await Promise.allSettled(uploads);
  const tookMs = clock.monotonicMs() - startMs;
  look();
  clearInterval(watch);
  // Making their variants would take minutes, of whatever is measured next.
  const sent = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  await Promise.all(sent.map(({ token, mediaId }) => deletePhoto(stage.url, token, mediaId)));
  const megabytes = (bytes: number | undefined) =>
    before === undefined || bytes === undefined ? undefined : bytes / 1_000_000;
  const label = `${count} uploads at once`;
  return [
    { label, value: (count / tookMs) * 1_000, unit: 'photos/s' },
    {
      label: `${label}, not answered 201`,
      value: settled.filter(({ status }) => status === 'rejected').length,
      unit: '',
    },
    { label: 'memory of the server before', value: megabytes(before?.serverBytes), unit: 'MB' },
    { label: 'memory of the server at most', value: megabytes(peak.serverBytes), unit: 'MB' },
    { label: 'memory of what decodes at most', value: megabytes(peak.decodingBytes), unit: 'MB' },
  ];
}

/** Resident; `undefined` without /proc, or when it is not known which processes these are. */
function memoryOf(pids: readonly number[]): Memory | undefined {
  const tree = processTree(pids);
  if (tree === undefined || pids.length === 0) return undefined;
  const others = tree.filter(({ pid, name }) => !pids.includes(pid) && name !== 'postgres');
  const sum = (each: readonly number[]) => each.reduce((total, pid) => total + residentBytes(pid), 0);
  return { serverBytes: sum(pids), decodingBytes: sum(others.map(({ pid }) => pid)) };
}

function residentBytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1_024;
  } catch {
    return 0; // It has ended meanwhile.
  }
}
