/** The two ways over which events go: how each is written, and how it ends. */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { EndReason, Transport } from './connection.ts';

/** For clients that see no more of an end than this; in the range that is free for applications, but for the last. */
export const CLOSE_CODES: Readonly<Record<EndReason, number>> = {
  session_ended: 4001,
  account_closed: 4003,
  unresponsive: 4004,
  slow: 4008,
  replaced: 4009,
  bad_messages: 4400,
  failed: 1011,
  // "Service restart".
  draining: 1012,
};

/**
 * NOTE: frames go to the socket past the WebSocket, which would write a head for each receiver. That is sound as long as
 * it writes at once itself (as it does without compression), so that no frame falls into the middle of another.
 */
export function webSocketTransport(webSocket: WebSocket, socket: Socket): Transport {
  return {
    kind: 'websocket',
    socket,
    bytesOf: (frame) => frame.webSocket,
    finish: (reason) => webSocket.close(CLOSE_CODES[reason], reason),
  };
}

/** To be used when the head of the answer has been sent. */
export function eventStreamTransport(response: ServerResponse, socket: Socket): Transport {
  return {
    kind: 'event_stream',
    socket,
    bytesOf: (frame) => frame.eventStream,
    finish() {
      response.end();
      socket.end();
    },
  };
}
