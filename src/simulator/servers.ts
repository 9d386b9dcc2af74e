/** The servers that a town's people use: each has one of their own, and goes on with the next when that one does not answer. */
import { createHttpClient, type HttpClient, type HttpRequest } from '../client/http-client.ts';
import type { HttpResponse } from '../client/http-response-parser.ts';

export interface Servers {
  /** `home`: whose server; it moves on by one after each failure. */
  urlOf(home: number): string;
  /** Fails with `HttpConnectionError` if there is no answer. */
  send(home: number, request: HttpRequest): Promise<HttpResponse>;
  close(): void;
}

const CONNECTIONS_MAX = 32;
/** Longer than a server takes that has to wait for a transaction, or for another server's end. */
const TIMEOUT_MS = 20_000;

export function createServers(urls: readonly string[]): Servers {
  const clients = urls.map((url) =>
    createHttpClient({ url, connectionsMax: CONNECTIONS_MAX, timeoutMs: TIMEOUT_MS }),
  );
  const at = <Item>(items: readonly Item[], home: number): Item => {
    const item = items[home % items.length];
    if (item === undefined) throw new RangeError('there is no server');
    return item;
  };
  return {
    urlOf: (home) => at(urls, home),
    send: (home, request) => at<HttpClient>(clients, home).send(request),
    close: () => {
      for (const client of clients) client.close();
    },
  };
}
