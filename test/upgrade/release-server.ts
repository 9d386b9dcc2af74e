/** A server whose answers are kept with a release's backup, and compared with those of later releases. */
import assert from 'node:assert/strict';
import { API } from '../../src/client/api-client.ts';
import { createHttpClient, type HttpClient, type HttpRequest } from '../../src/client/http-client.ts';
import type { ServerHome } from '../support/server-process.ts';
import { until } from '../support/until.ts';
import type { Call, Person, Question } from './release-scenario.ts';

export interface Answer extends Question {
  readonly status: number;
  readonly body: unknown;
}

/** `answers.json` of a release: what its server answered from the data of the backup beside it. */
export interface ReleaseAnswers {
  readonly people: readonly Person[];
  readonly answers: readonly Answer[];
  /** What nobody sees any more, once a worker has handled the events of the backup. */
  readonly gone: Question;
}

export interface ReleaseServer {
  readonly call: Call;
  ask(people: readonly Person[], question: Question): Promise<Answer>;
  stop(): Promise<void>;
}

const SETTINGS = { GROUNDSWELL_RATE_LIMITS: 'off' };

export async function startReleaseServer(home: ServerHome, roles = 'api,worker'): Promise<ReleaseServer> {
  const server = await home.start({ ...SETTINGS, GROUNDSWELL_ROLES: roles });
  const http = createHttpClient({ url: server.url, connectionsMax: 1, timeoutMs: 30_000 });
  return {
    async call(method, path, { token, body, idempotencyKey } = {}) {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const answer = await send(http, { method, path: API + path, token, body: text, idempotencyKey });
      assert(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
    async ask(people, question) {
      const token = people.find(({ username }) => username === question.as)?.token;
      return { ...question, ...(await send(http, { method: 'GET', path: API + question.path, token })) };
    },
    async stop() {
      http.close();
      await server.stop();
    },
  };
}

/** A server that has just started on a busy machine may turn requests away for a moment. */
async function send(http: HttpClient, request: HttpRequest): Promise<{ status: number; body: unknown }> {
  let response = await http.send(request);
  await until(async () => {
    if (response.status === 503) response = await http.send(request);
    return response.status !== 503;
  });
  const text = response.body.toString();
  return { status: response.status, body: text === '' ? null : JSON.parse(text) };
}
