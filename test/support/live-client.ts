/** Clients of live updates, over either transport, that note all they are told. */
import { get, type IncomingMessage } from 'node:http';
import WebSocket from 'ws';
import { API } from '../../src/client/api-client.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { Json } from './journey-client.ts';
import { until } from './until.ts';

const TRIES_MAX = 50;
const RETRY_MS = 200;

export interface ToldEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: Json;
}

export interface LiveClient {
  readonly events: readonly ToldEvent[];
  /** From where it would resume. */
  lastId(): string | undefined;
  /** Waits for the next event of the name, the first after those that were asked for before. */
  next(event: string): Promise<ToldEvent>;
  count(event: string): number;
  isClosed(): boolean;
  /** Of a WebSocket, once it is closed. */
  closeCode(): number | undefined;
  send(message: object | string): void;
  /** As when a cable is pulled. */
  cut(): void;
  /** Reads nothing any more. */
  stall(): void;
}

export interface LiveClientOptions {
  readonly url: string;
  readonly token?: string;
  readonly since?: string | undefined;
  readonly watch?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

export type OpenLiveClient = (options: LiveClientOptions) => Promise<LiveClient>;

/** The status of a refusal, and its problem. */
export class LiveRefusal extends Error {
  readonly status: number;
  readonly problem: Json;

  constructor(status: number, problem: Json) {
    super(`refused with ${status}`);
    this.status = status;
    this.problem = problem;
  }
}

export const TRANSPORTS: readonly (readonly [string, OpenLiveClient])[] = [
  ['a WebSocket', openWebSocket],
  ['an event stream', openEventStream],
];

function pathOf({ since, watch }: LiveClientOptions): string {
  const query = new URLSearchParams();
  if (since !== undefined) query.set('since', since);
  if (watch !== undefined) query.set('watch', watch.join(','));
  return `${API}/live?${query}`;
}

/** The token goes as a subprotocol, as a page sends it. */
export function openWebSocket(options: LiveClientOptions): Promise<LiveClient> {
  return patiently(() => tryWebSocket(options));
}

export function openEventStream(options: LiveClientOptions): Promise<LiveClient> {
  return patiently(() => tryEventStream(options));
}

/** A server on a busy machine may ask its clients to come back later. */
async function patiently(open: () => Promise<LiveClient>): Promise<LiveClient> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await open();
    } catch (error) {
      const isBusy = error instanceof LiveRefusal && error.status === 503;
      if (!isBusy || tries === TRIES_MAX) throw error;
      await systemClock.sleep(RETRY_MS);
    }
  }
}

async function tryWebSocket(options: LiveClientOptions): Promise<LiveClient> {
  const { url, token, headers = {} } = options;
  const protocols = ['groundswell.v1', ...(token === undefined ? [] : [`bearer.${token}`])];
  const address = `${url.replace(/^http/, 'ws')}${pathOf(options)}`;
  const socket = new WebSocket(address, protocols, { headers });
  const log = createLog();
  let code: number | undefined;
  let isOpen = false;
  socket.on('message', (data) => {
    const { event, id, data: content } = JSON.parse(String(data)) as ToldEvent;
    log.add({ event, id, data: content });
  });
  socket.on('close', (closeCode) => {
    code = closeCode;
  });
  await new Promise<void>((resolve, reject) => {
    socket.on('open', () => {
      isOpen = true;
      resolve();
    });
    socket.on('unexpected-response', (_request, response) => void readRefusal(response).then(reject));
    socket.on('error', reject);
  });
  return {
    ...log.client,
    isClosed: () => isOpen && socket.readyState === WebSocket.CLOSED,
    closeCode: () => code,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    cut: () => socket.terminate(),
    stall: () => socket.pause(),
  };
}

async function tryEventStream(options: LiveClientOptions): Promise<LiveClient> {
  const { url, token, since, headers = {} } = options;
  const log = createLog();
  const { since: _inHeader, ...rest } = options;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = get(`${url}${pathOf(rest)}`, {
      agent: false,
      headers: {
        accept: 'text/event-stream',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(since === undefined ? {} : { 'last-event-id': since }),
        ...headers,
      },
    });
    request.on('response', resolve);
    request.on('error', reject);
  });
  if (response.statusCode !== 200) throw await readRefusal(response);
  let closed = false;
  let text = '';
  response.setEncoding('utf8').on('data', (part: string) => {
    text += part;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      log.add(parseBlock(text.slice(0, end)));
      text = text.slice(end + 2);
    }
  });
  response.on('close', () => {
    closed = true;
  });
  response.on('error', () => undefined);
  return {
    ...log.client,
    isClosed: () => closed,
    closeCode: () => undefined,
    send: () => undefined,
    cut: () => response.destroy(),
    stall: () => response.pause(),
  };
}

/** One of an event stream; without a name it only has an id, or is a comment. */
function parseBlock(block: string): Partial<ToldEvent> {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
  const [event, id, data] = [field('event'), field('id'), field('data')];
  return { ...(event && { event }), ...(id && { id }), ...(data && { data: JSON.parse(data) }) };
}

async function readRefusal(response: IncomingMessage): Promise<LiveRefusal> {
  let text = '';
  for await (const part of response) text += String(part);
  const isJson = response.headers['content-type']?.includes('json') ?? false;
  return new LiveRefusal(response.statusCode ?? 0, isJson ? JSON.parse(text) : text);
}

function createLog() {
  const events: ToldEvent[] = [];
  const taken = new Map<string, number>();
  let lastId: string | undefined;
  const client = {
    events,
    lastId: () => lastId,
    count: (event: string) => events.filter((told) => told.event === event).length,

    async next(event: string): Promise<ToldEvent> {
      const place = taken.get(event) ?? 0;
      taken.set(event, place + 1);
      let found: ToldEvent | undefined;
      await until(() => {
        found = events.filter((told) => told.event === event)[place];
        return found !== undefined;
      });
      if (found === undefined) throw new Error(`no event ${event}`);
      return found;
    },
  };
  return {
    client,
    add({ event, id, data }: Partial<ToldEvent>): void {
      lastId = id ?? lastId;
      if (event !== undefined) events.push({ event, id, data });
    },
  };
}
