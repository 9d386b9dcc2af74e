/**
 * What a position costs that a driver sends over the stream: read, judged, put into the geo-index, acknowledged once a
 * second, recorded every half minute. Beside it a bare `ws` server that sends the same bytes back, in the same rounds.
 */
import { API } from '../../client/api-client.ts';
import { addressOf } from '../../client/http-client.ts';
import { startBareEcho } from '../drivers/bare-echo.ts';
import { startPositionSenders } from '../drivers/position-senders.ts';
import { registerDrivers } from '../drivers/register-drivers.ts';
import { median } from '../statistics.ts';
import { spentOn } from './cpu-quiet.ts';
import type { Experiment, Figure } from './experiment.ts';

const DRIVERS = 1_000;
/** Of each; a stream may have ten. */
const PER_S = 8;
const SLICES_PER_ROUND = 4;

interface Round {
  readonly productUs: number | undefined;
  readonly postgresUs: number | undefined;
  readonly bareUs: number | undefined;
}

export const driverPositionsExperiment: Experiment = {
  name: 'driver-positions',
  purpose: 'positions that drivers send over their streams, beside a bare ws echo of the same bytes',
  async run(workshop) {
    const { crowd, http, options } = workshop;
    const { stage, clock, serverCores, loadCores, rounds, seconds, onProgress } = options;
    const drivers = Math.min(DRIVERS, crowd.size);
    onProgress(`driver-positions: registering ${drivers} drivers`);
    const tokens = await registerDrivers(http, crowd, drivers);
    const [driving, bareDriving] = [startPositionSenders(loadCores), startPositionSenders(loadCores)];
    const bare = await startBareEcho(serverCores);
    try {
      await driving.open(addressOf(stage.url), `${API}/drivers/me/stream`, tokens);
      await bareDriving.open(bare.address, '/', tokens);
      const measured: Round[] = [];
      for (let number = 0; number <= rounds; number += 1) {
        onProgress(`driver-positions: round ${number} of ${rounds}`);
        const durationMs = seconds * SLICES_PER_ROUND * 1_000;
        let sent = 0;
        const send = (by: typeof driving) => async () => {
          sent = await by.send(durationMs, PER_S);
        };
        const product = await spentOn(stage.pids, clock, send(driving));
        const productUs = product && (product.serverMs * 1_000) / sent;
        const postgresUs = product && (product.postgresMs * 1_000) / sent;
        const echo = await spentOn([bare.pid], clock, send(bareDriving));
        const bareUs = echo && (echo.serverMs * 1_000) / sent;
        // What is compiled meanwhile is paid for by the first.
        if (number > 0) measured.push({ productUs, postgresUs, bareUs });
      }
      const figures = figuresOf(tokens.length, measured);
      return { name: 'driver-positions', purpose: driverPositionsExperiment.purpose, figures };
    } finally {
      for (const each of [driving, bareDriving, bare]) each.close();
    }
  },
};

function figuresOf(drivers: number, rounds: readonly Round[]): Figure[] {
  const over = (figure: (round: Round) => number | undefined) => median(rounds.map(figure));
  const perS = (us: number | undefined) => us && 1e6 / us;
  const ratio = over(({ productUs, bareUs }) => (productUs && bareUs ? bareUs / productUs : undefined));
  return [
    { label: 'streams', value: drivers, unit: '' },
    { label: 'messages of one point, sent', value: drivers * PER_S, unit: '/s' },
    { label: 'a message, server', value: over(({ productUs }) => productUs), unit: 'us of CPU' },
    { label: 'a message, PostgreSQL', value: over(({ postgresUs }) => postgresUs), unit: 'us of CPU' },
    { label: 'a message, bare ws echo', value: over(({ bareUs }) => bareUs), unit: 'us of CPU' },
    { label: 'messages', value: over(({ productUs }) => perS(productUs)), unit: '/s of CPU' },
    { label: 'ratio', value: ratio, unit: 'x bare' },
  ];
}
