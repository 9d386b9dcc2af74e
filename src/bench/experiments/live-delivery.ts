/** How long it takes from the request that posts until a thousand who watch have been told. */
import { API } from '../../client/api-client.ts';
import { addressOf } from '../../client/http-client.ts';
import { SENT_AT_MARK, startLiveListeners } from '../live/live-listeners.ts';
import type { Experiment } from './experiment.ts';
import { writePost } from './home-reader.ts';
import { WATCHERS, watchersOf } from './live-watchers.ts';

const POSTS_PER_S = 10;
const ARRIVED_WITHIN_MS = 5_000;

export const liveDeliveryExperiment: Experiment = {
  name: 'live-delivery',
  purpose: 'from the request that posts until followers who watch have been told',
  async run({ http, crowd, options }) {
    const { clock, seconds, rounds, runId, stage, loadCores } = options;
    const { author, tokens } = watchersOf(crowd, WATCHERS);
    const watching = startLiveListeners(loadCores);
    try {
      await watching.open(addressOf(stage.url), `${API}/live`, tokens);
      await writePost(http, crowd.token(author), `live ${runId} warm-up`);
      await clock.sleep(1_000);
      await watching.report();
      const posts = Math.max(1, Math.round(seconds * rounds * POSTS_PER_S));
      for (let n = 0; n < posts; n += 1) {
        await writePost(http, crowd.token(author), `${n} ${SENT_AT_MARK}${Math.floor(clock.nowMs())}`);
        await clock.sleep(1_000 / POSTS_PER_S);
      }
      await clock.sleep(Math.min(ARRIVED_WITHIN_MS, 1_000 * seconds));
      const { messages, latency, lost } = await watching.report();
      return {
        name: 'live-delivery',
        purpose: liveDeliveryExperiment.purpose,
        figures: [
          { label: 'watching', value: WATCHERS, unit: 'WebSockets' },
          { label: 'posts', value: posts, unit: `at ${POSTS_PER_S}/s` },
          { label: 'messages', value: messages, unit: `of ${posts * WATCHERS}` },
          { label: 'connections lost', value: lost, unit: '' },
          { label: 'p50', value: latency.p50Ms, unit: 'ms' },
          { label: 'p99', value: latency.p99Ms, unit: 'ms' },
          { label: 'max', value: latency.maxMs, unit: 'ms' },
        ],
      };
    } finally {
      watching.close();
    }
  },
};
