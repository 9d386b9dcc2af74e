/**
 * Questions to an engine of routes over HTTP, on kept connections. The operator names the engine, so it may be anywhere; what it
 * answers is read up to a limit, and taken for JSON only where it is.
 */
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { AppError } from '../../core/errors.ts';

export interface EngineAnswer {
  readonly status: number;
  /** What the JSON says. */
  readonly body: unknown;
}

export interface EngineHttp {
  /** `path` is added to the engine's URL. With a `body` it is a POST. Fails with `unavailable` or `timeout`. */
  ask(path: string, body?: object): Promise<EngineAnswer>;
  close(): void;
}

/** The way from one end of a country to the other has some 50,000 places of 20 bytes. */
export const ANSWER_BYTES_MAX = 4 * 1_024 * 1_024;
/** Longer than any caller waits. */
const ANSWER_MS = 3_000;
const CONNECTIONS_MAX = 64;
/** Engines close connections that are idle for longer. */
const IDLE_MS = 4_000;

export function createEngineHttp(url: string): EngineHttp {
  const { Agent, request: open } = url.startsWith('https:') ? https : http;
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX, timeout: IDLE_MS });

  function send(path: string, body: string | undefined, signal: AbortSignal): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const method = body === undefined ? 'GET' : 'POST';
      const headers = {
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
      };
      const request = open(`${url}${path}`, { method, headers, agent, signal });
      request.once('error', reject);
      request.once('response', resolve);
      request.end(body);
    });
  }

  return {
    async ask(path, body) {
      const signal = AbortSignal.timeout(ANSWER_MS);
      try {
        const response = await send(path, body && JSON.stringify(body), signal);
        const text = await textOf(response);
        const status = response.statusCode ?? 0;
        if (status >= 500 || status === 429)
          throw new AppError('unavailable', `The routing engine answered ${status}.`);
        return { status, body: JSON.parse(text) };
      } catch (error) {
        throw engineError(error, signal.aborted);
      }
    },
    close: () => agent.destroy(),
  };
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    // Leaving the loop ends the connection.
    if (length > ANSWER_BYTES_MAX)
      throw new AppError('unavailable', 'The routing engine answers with too much.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function engineError(error: unknown, isLate: boolean): AppError {
  if (error instanceof AppError) return error;
  return isLate
    ? new AppError('timeout', 'The routing engine did not answer in time.', { cause: error })
    : new AppError('unavailable', 'The routing engine cannot be asked.', { cause: error });
}

/** For what an engine must not say by its protocol. */
export function notOfTheProtocol(what: string): AppError {
  return new AppError('unavailable', `The routing engine answered without ${what}.`);
}
