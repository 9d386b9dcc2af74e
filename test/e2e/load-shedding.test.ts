/** More requests than the server can answer: some are refused at once, and those who operate it are still answered. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ServerProcess } from '../../src/bench/server-process.ts';
import { API, type Member } from '../../src/client/api-client.ts';
import { addressOf, formatRequest } from '../../src/client/http-client.ts';
import { createHttpConnection, HttpConnectionError } from '../../src/client/http-connection.ts';
import { headerOf } from '../../src/client/http-response-parser.ts';
import { createServerHome, type ServerHome } from '../support/server-process.ts';
import { signUpMembers } from '../support/steady-load.ts';
import { until } from '../support/until.ts';

/** Each of them asks again as soon as it is answered, so this is how many requests are in flight. */
const CONNECTIONS = 10_000;
const FLOOD_MS_MAX = 60_000;

interface Flood {
  readonly statuses: ReadonlyMap<number, number>;
  /** Answers that should not be. */
  readonly complaints: readonly string[];
  stop(): Promise<void>;
}

function startFlood(url: string, { token }: Member): Flood {
  const address = addressOf(url);
  const request = formatRequest(address, { method: 'GET', path: `${API}/feed`, token });
  const statuses = new Map<number, number>();
  const complaints: string[] = [];
  let stopping = false;
  const clients = Array.from({ length: CONNECTIONS }, async () => {
    const connection = createHttpConnection({ ...address, timeoutMs: FLOOD_MS_MAX });
    while (!stopping) {
      try {
        const response = await connection.send(request);
        const { status } = response;
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        const isRefusal = status === 503 && Number(headerOf(response, 'retry-after')) >= 1;
        if (status !== 200 && !isRefusal) complaints.push(`${response.head}\n${response.body}`);
      } catch (error) {
        if (!(error instanceof HttpConnectionError)) throw error;
        complaints.push(error.message);
      }
    }
    connection.close();
  });
  return {
    statuses,
    complaints,
    async stop() {
      stopping = true;
      await Promise.all(clients);
    },
  };
}

describe('a flood', () => {
  let home: ServerHome;
  let server: ServerProcess;
  before(async () => {
    home = await createServerHome();
    server = await home.start({ GROUNDSWELL_RATE_LIMITS: 'off' });
  });
  after(() => home.close());

  it('is shed in part, with word when to come back, while health and metrics answer', async (test) => {
    const [alice = assert.fail()] = await signUpMembers(server.url, 1);
    const flood = startFlood(server.url, alice);
    test.after(() => flood.stop());
    let metrics = '';
    await until(async () => {
      assert.equal((await fetch(`${server.url}/health/live`)).status, 200);
      const answer = await fetch(`${server.url}/metrics`);
      assert.equal(answer.status, 200);
      metrics = await answer.text();
      return /^http_refusals_total{reason="overload_read"} /m.test(metrics) && flood.statuses.has(200);
    }, FLOOD_MS_MAX);
    await flood.stop();
    test.diagnostic(`answers by status: ${JSON.stringify([...flood.statuses])}`);
    assert.deepEqual(flood.complaints.slice(0, 3), []);
    assert((flood.statuses.get(503) ?? 0) > 0);

    const authorization = `Bearer ${alice.token}`;
    await until(async () => {
      const answer = await fetch(`${server.url}${API}/feed`, { headers: { authorization } });
      return answer.status === 200;
    });
  });
});
