/** One person's client that goes on with another server when theirs is gone, and notes what was not as promised. */
import { addressOf, formatRequest, type HttpClient, type HttpRequest } from '../../src/client/http-client.ts';
import {
  createHttpConnection,
  type HttpConnection,
  HttpConnectionError,
} from '../../src/client/http-connection.ts';
import { type HttpResponse, headerOf } from '../../src/client/http-response-parser.ts';
import { systemClock } from '../../src/core/clock.ts';

/** The servers by their number; `undefined` while one is away. */
export type ServerUrls = (string | undefined)[];

/** What all clients have met. */
export interface Tally {
  readonly statuses: Map<number, number>;
  /** Answers that no client should get. */
  readonly complaints: string[];
  /** Requests that were sent and got no whole answer. */
  readonly cut: { readonly url: string; readonly what: string }[];
}

export interface MovingClient extends HttpClient {
  /** Counts the servers it has gone to: reads its own writes only while it stays. */
  moves(): number;
}

export interface MovingClientOptions {
  readonly urls: ServerUrls;
  /** Of the server where it is at home. */
  readonly home: number;
  readonly tally: Tally;
}

const TIMEOUT_MS = 60_000;
const PAUSE_MS = 20;

export function createMovingClient({ urls, home, tally }: MovingClientOptions): MovingClient {
  let current: { readonly url: string; readonly connection: HttpConnection } | undefined;
  /** It has just failed, and is the last choice. */
  let avoided: string | undefined;
  let moves = 0;
  let closed = false;

  function choose(): string | undefined {
    const there = [urls[home], ...urls].filter((url) => url !== undefined);
    return there.find((url) => url !== avoided) ?? there[0];
  }

  async function connect(): Promise<{ readonly url: string; readonly connection: HttpConnection }> {
    let url = choose();
    for (; url === undefined; url = choose()) {
      if (closed) break;
      await systemClock.sleep(PAUSE_MS);
    }
    // Not one of those errors after which there is another attempt.
    if (closed || url === undefined) throw new Error('the client is closed');
    if (current?.url === url) return current;
    current?.connection.close();
    current = { url, connection: createHttpConnection({ ...addressOf(url), timeoutMs: TIMEOUT_MS }) };
    moves += 1;
    return current;
  }

  return {
    moves: () => moves,

    async send(request) {
      const { url, connection } = await connect();
      try {
        const response = await connection.send(formatRequest(addressOf(url), request));
        tally.statuses.set(response.status, (tally.statuses.get(response.status) ?? 0) + 1);
        const complaint = complaintAbout(response);
        if (complaint !== undefined) tally.complaints.push(`${nameOf(request)}: ${complaint}`);
        return response;
      } catch (error) {
        if (!(error instanceof HttpConnectionError)) throw error;
        if (error.sent) tally.cut.push({ url, what: `${nameOf(request)}: ${error.code}` });
        avoided = url;
        moves += 1;
        await systemClock.sleep(PAUSE_MS);
        throw error;
      }
    },

    close() {
      closed = true;
      current?.connection.close();
    },
  };
}

function nameOf({ method, path }: HttpRequest): string {
  return `${method} ${path}`;
}

/** What is refused for now says when to come back; whoever asks for something that is gone, or again, is told so. */
function complaintAbout(response: HttpResponse): string | undefined {
  const { status, head, body } = response;
  if (status < 300 || status === 404 || status === 409) return undefined;
  if (status === 503 && Number(headerOf(response, 'retry-after')) >= 1) return undefined;
  return `${head}\n${body.toString()}`;
}
