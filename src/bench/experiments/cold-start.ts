/**
 * What readers feel when the server is restarted under them and its cache is empty: all clients go on asking, in a
 * closed loop, until the server does again what it did before.
 */

import { addressOf } from '../../client/http-client.ts';
import { AppError } from '../../core/errors.ts';
import { milliseconds, whole } from '../bench-table.ts';
import { HOME_PATH } from '../crowd/crowd-scenarios.ts';
import type { LoadSlice } from '../load-slices.ts';
import { get } from '../scenarios.ts';
import type { Experiment, Finding } from './experiment.ts';

const SLICE_MS = 250;
/** Of these, in a row, each must be fast enough again. */
const WARM_SLICES = 4;
const WARM_SHARE = 0.9;
/** Before the restart, in slices of a round's length; the load goes on for many after it. */
const BEFORE_SHARE = 0.2;
const ERROR_PAUSE_MS = 20;
const REQUEST_TIMEOUT_MS = 10_000;

export const coldStartExperiment: Experiment = {
  name: 'cold-start',
  purpose: 'home timelines while the server is restarted with an empty cache',
  async run(workshop) {
    const { crowd, generator, options } = workshop;
    const { stage, clock } = options;
    const { restart } = stage;
    if (restart === undefined)
      throw new AppError('invalid', 'Only a server of the bench itself is restarted.');
    const tokens = crowd.readerTokens;
    const mix = { operations: [[get(HOME_PATH)]], tokens, skew: options.skew, seed: options.seed };
    const load = (durationMs: number) =>
      generator.run({
        target: { kind: 'http', address: addressOf(stage.url), mix },
        slots: options.connections,
        ...{ durationMs, operationsMax: Number.MAX_SAFE_INTEGER, timeoutMs: REQUEST_TIMEOUT_MS },
        ...{ sliceMs: SLICE_MS, errorPauseMs: ERROR_PAUSE_MS },
      });
    await load(options.warmUpSeconds * 1000);
    const durationMs = Math.max(MIN_MS, options.seconds * options.rounds * 1000);
    const running = load(durationMs);
    await clock.sleep(durationMs * BEFORE_SHARE);
    const downMs = clock.monotonicMs();
    await restart();
    const readyAfterMs = clock.monotonicMs() - downMs;
    const { slices } = await running;
    return coldStartFinding(slices, durationMs * BEFORE_SHARE, readyAfterMs);
  },
};

/** A server takes seconds to start. */
const MIN_MS = 6_000;

export function coldStartFinding(
  slices: readonly LoadSlice[],
  downFromMs: number,
  readyAfterMs: number,
): Finding {
  // The last slice is seldom a whole one.
  const complete = slices.slice(0, -1);
  const before = complete.filter(({ fromMs }) => fromMs > 0 && fromMs + SLICE_MS <= downFromMs);
  const warmPerSlice = before.reduce((sum, { completed }) => sum + completed, 0) / before.length;
  const later = complete.filter(({ fromMs }) => fromMs >= downFromMs);
  // It goes on answering while it stops, so the first answer after the gap is what counts.
  const gap = later.findIndex(({ completed }) => completed === 0);
  const answering = later.findIndex(({ completed }, index) => index > gap && completed > 0);
  const warm = later.findIndex(
    (_, index) =>
      index >= answering &&
      index + WARM_SLICES <= later.length &&
      later
        .slice(index, index + WARM_SLICES)
        .every(({ completed }) => completed >= warmPerSlice * WARM_SHARE),
  );
  const sinceDownS = (index: number) =>
    index < 0 ? 'not yet' : ((later[index]?.fromMs ?? 0) - downFromMs) / 1000;
  const up = answering < 0 ? [] : later.slice(answering, warm < 0 ? undefined : warm);
  return {
    name: 'cold-start',
    purpose: coldStartExperiment.purpose,
    figures: [
      { label: 'before the restart', value: (warmPerSlice * 1000) / SLICE_MS, unit: 'requests/s' },
      { label: 'ready again after', value: readyAfterMs / 1000, unit: 's' },
      { label: 'first answers after', value: sinceDownS(answering), unit: 's' },
      { label: `at ${100 * WARM_SHARE} % of the rate again after`, value: sinceDownS(warm), unit: 's' },
      {
        label: 'errors while it was down',
        value: errorsIn(answering < 0 ? later : later.slice(0, answering)),
        unit: '',
      },
      { label: 'errors while it warmed up', value: errorsIn(up), unit: '' },
      {
        label: 'greatest p99 while it warmed up',
        value: Math.max(0, ...up.map(({ p99Ms }) => p99Ms)),
        unit: 'ms',
      },
    ],
    table: tableOf(complete, downFromMs, warm < 0 ? undefined : later[warm]?.fromMs),
  };
}

/** From the last second before the restart until a second after the server is warm. */
function tableOf(slices: readonly LoadSlice[], downFromMs: number, warmFromMs: number | undefined) {
  const toMs = warmFromMs === undefined ? Number.POSITIVE_INFINITY : warmFromMs + 1000;
  const shown = slices.filter(({ fromMs }) => fromMs >= downFromMs - 1000 && fromMs < toMs);
  return [
    ['second', 'requests/s', 'p50 ms', 'p99 ms', 'errors'],
    ...shown.map(({ fromMs, completed, p50Ms, p99Ms, errors }) => [
      ((fromMs - downFromMs) / 1000).toFixed(2),
      whole((completed * 1000) / SLICE_MS),
      milliseconds(p50Ms),
      milliseconds(p99Ms),
      Object.entries(errors)
        .map(([reason, count]) => `${count} x ${reason}`)
        .join(', '),
    ]),
  ];
}

function errorsIn(slices: readonly LoadSlice[]): number {
  return slices.flatMap(({ errors }) => Object.values(errors)).reduce((sum, count) => sum + count, 0);
}
