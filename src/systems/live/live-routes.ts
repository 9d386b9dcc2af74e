/** `GET /live`: events as they happen, over a WebSocket or as an event stream (docs/live.md). */
import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { WebSocket } from 'ws';
import { AppError, invalidField } from '../../core/errors.ts';
import type { Id } from '../../core/ids.ts';
import { callerOf } from '../../http/auth.ts';
import type { App } from '../../http/server.ts';
import { upgradeOf } from '../../http/upgrades.ts';
import { createWebSockets, SUBPROTOCOL } from '../../http/web-sockets.ts';
import { MESSAGE_BYTES_MAX, parseWatched } from './client-messages.ts';
import { CURSOR_LENGTH_MAX } from './cursor.ts';
import type { ConnectionStart, Live, OpenConnection, Seat } from './live.ts';
import { eventStreamTransport, webSocketTransport } from './transports.ts';
import { WATCHED_POSTS_MAX } from './watches.ts';

const EVENT_STREAM = 'text/event-stream';
const ID_DIGITS = 16;

const LiveQuery = Type.Object(
  {
    since: Type.Optional(
      Type.String({
        maxLength: CURSOR_LENGTH_MAX,
        description: 'The id of the last event that you have; an event stream may send it as Last-Event-ID.',
      }),
    ),
    watch: Type.Optional(
      Type.String({
        maxLength: WATCHED_POSTS_MAX * (ID_DIGITS + 1),
        description: `Posts that you show, separated by commas, at most ${WATCHED_POSTS_MAX}: how they stand is told as it changes.`,
      }),
    ),
  },
  { additionalProperties: false },
);

export function liveRoutes(app: App, { live }: { readonly live: Live }): void {
  const webSockets = createWebSockets({ messageBytesMax: MESSAGE_BYTES_MAX });
  app.get(
    '/live',
    {
      // A HEAD of what never ends would be nothing.
      exposeHeadRoute: false,
      config: { access: 'user', scope: 'live:read', limit: 'live' },
      schema: {
        tags: ['live'],
        summary: 'What happens, as it happens',
        description: `With \`Upgrade: websocket\` a WebSocket of the subprotocol \`${SUBPROTOCOL}\`, which pages open with their cookie, or with \`bearer.<access_token>\` as a second subprotocol; with \`Accept: ${EVENT_STREAM}\` an event stream. Events, ids and resuming: docs/live.md.`,
        operationId: 'watchLive',
        querystring: LiveQuery,
        response: {
          200: {
            description: 'The event stream, until either side ends it.',
            content: { [EVENT_STREAM]: { schema: Type.String() } },
          },
        },
      },
    },
    async (request, reply) => {
      const upgrade = upgradeOf(request);
      if (upgrade === undefined && !acceptsEventStream(request)) {
        throw invalidField('accept', `must have ${EVENT_STREAM}; or ask for a WebSocket.`);
      }
      const start = startOf(request);
      const seat = await live.join(callerOf(request));
      if (upgrade === undefined) openEventStream(request, reply, seat, start);
      else {
        webSockets.accept(request, reply, upgrade, {
          onOpen: (webSocket, socket) =>
            serve(webSocket, seat.connect(webSocketTransport(webSocket, socket), start)),
          onClose: seat.leave,
        });
      }
      return reply;
    },
  );
}

function acceptsEventStream({ headers }: FastifyRequest): boolean {
  return headers.accept?.toLowerCase().includes(EVENT_STREAM) ?? false;
}

function startOf(request: FastifyRequest): ConnectionStart {
  const query = request.query as { readonly since?: string; readonly watch?: string };
  const last = request.headers['last-event-id'];
  // A browser that comes back by itself sends the address of its first time, and where it is now.
  const since = typeof last === 'string' && last !== '' ? last : query.since;
  return { since: since === '' ? undefined : since, watched: watchedOf(query.watch) };
}

function watchedOf(list: string | undefined): readonly Id[] {
  if (list === undefined || list === '') return [];
  try {
    return parseWatched(list.split(','));
  } catch (error) {
    throw error instanceof AppError ? invalidField('watch', error.message) : error;
  }
}

function serve(webSocket: WebSocket, opening: Promise<OpenConnection>): void {
  const withConnection = (act: (connection: OpenConnection) => void): void => {
    opening.then(act, () => webSocket.terminate());
  };
  // What comes before there is a connection waits in the system's buffers, not in ours.
  webSocket.pause();
  withConnection(() => webSocket.resume());
  webSocket.on('message', (data, isBinary) =>
    withConnection(({ messages, heard }) => {
      heard();
      // Never a list: that is how they come only when asked for.
      void messages.receive(isBinary ? '' : String(data));
    }),
  );
  webSocket.on('pong', () => withConnection(({ heard }) => heard()));
  // What the client did wrong is in the close code that the library has sent.
  webSocket.on('error', () => undefined);
  webSocket.on('close', () => withConnection(({ closed }) => closed()));
}

function openEventStream(
  request: FastifyRequest,
  reply: FastifyReply,
  seat: Seat,
  start: ConnectionStart,
): void {
  const { raw: response } = reply;
  const { socket } = request;
  if (socket.destroyed) {
    seat.leave();
    return;
  }
  reply.hijack();
  request.server.streamBegins(request, 200);
  socket.once('close', seat.leave);
  // Whoever reads is silent for hours.
  socket.setTimeout(0);
  socket.setNoDelay(true);
  writeHead(response, reply);
  const opening = seat.connect(eventStreamTransport(response, socket), start);
  socket.once('close', () => void opening.then(({ closed }) => closed(), nothingOpened));
}

/** Who leaves before there is a connection leaves the seat, and that is all. */
const nothingOpened = (): void => undefined;

/** The end of the connection is that of the stream: chunks would have to be made for each, and HTTP/1.0 has none. */
function writeHead(response: ServerResponse, reply: FastifyReply): void {
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) response.setHeader(name, value);
  }
  response.useChunkedEncodingByDefault = false;
  response.shouldKeepAlive = false;
  response.writeHead(200, {
    'content-type': `${EVENT_STREAM}; charset=utf-8`,
    'cache-control': 'no-store',
    // nginx would gather events until a buffer is full.
    'x-accel-buffering': 'no',
  });
  response.flushHeaders();
}
