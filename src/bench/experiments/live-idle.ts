/** What ten thousand who watch cost while nothing happens: memory, and CPU time for keeping them alive. */
import { API } from '../../client/api-client.ts';
import { addressOf } from '../../client/http-client.ts';
import { readTreeCpu } from '../../telemetry/process-cpu.ts';
import { startLiveListeners } from '../live/live-listeners.ts';
import { awaitQuiet } from './cpu-quiet.ts';
import type { Experiment, ExperimentWorkshop } from './experiment.ts';
import { memoryOf } from './server-memory.ts';

const CONNECTIONS = 10_000;
/** Of the seconds of a slice: with the default, 60 s, in which each connection has its turn twice. */
const IDLE_SLICES = 30;

export const liveIdleExperiment: Experiment = {
  name: 'live-idle',
  purpose: 'ten thousand who watch, and nothing happens',
  async run(workshop) {
    const { crowd, http, options } = workshop;
    const { stage, clock, loadCores } = options;
    const connections = Math.min(CONNECTIONS, crowd.size * 10);
    const tokens = Array.from({ length: connections }, (_, n) => crowd.token(n % crowd.size));
    const watching = startLiveListeners(loadCores);
    try {
      await awaitQuiet(stage.pids, clock);
      const before = await memoryOf(http);
      const startMs = clock.monotonicMs();
      await watching.open(addressOf(stage.url), `${API}/live`, tokens);
      const openedMs = clock.monotonicMs() - startMs;
      await awaitQuiet(stage.pids, clock);
      // A second look, when what the handshakes left behind has been collected.
      await clock.sleep(5_000);
      const after = await memoryOf(http);
      const idle = await idleCpu(workshop);
      const { lost } = await watching.report();
      const per1000 = (first: number | undefined, second: number | undefined) =>
        first === undefined || second === undefined ? undefined : ((second - first) * 1_000) / connections;
      return {
        name: 'live-idle',
        purpose: liveIdleExperiment.purpose,
        figures: [
          { label: 'connections', value: connections, unit: '' },
          { label: 'connections lost', value: lost, unit: '' },
          { label: 'opened', value: (connections / openedMs) * 1_000, unit: '/s' },
          {
            label: 'memory (resident)',
            value: per1000(before.residentMb, after.residentMb),
            unit: 'MB for 1,000',
          },
          { label: 'memory (heap)', value: per1000(before.heapMb, after.heapMb), unit: 'MB for 1,000' },
          { label: 'idle CPU, node', value: idle?.server, unit: '% of a core' },
          { label: 'idle CPU, postgres', value: idle?.postgres, unit: '% of a core' },
        ],
      };
    } finally {
      watching.close();
    }
  },
};

async function idleCpu({ options }: ExperimentWorkshop) {
  const { stage, clock } = options;
  const idleS = options.seconds * IDLE_SLICES;
  const before = readTreeCpu(stage.pids);
  await clock.sleep(idleS * 1_000);
  const after = readTreeCpu(stage.pids);
  if (before === undefined || after === undefined) return undefined;
  const percent = (spentMs: number): number => spentMs / (idleS * 10);
  return {
    server: percent(after.serverMs - before.serverMs),
    postgres: percent(after.postgresMs - before.postgresMs),
  };
}
