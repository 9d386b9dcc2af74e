/** WebSockets of routes: what a route does with a request that asks for one, once it has decided to let it in. */
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Upgrade } from './upgrades.ts';

/** What a WebSocket speaks; besides it a client may offer `bearer.<access_token>`, which is not answered. */
export const SUBPROTOCOL = 'groundswell.v1';

export interface WebSockets {
  /**
   * Takes the connection over and shakes hands. `onClose` is called once when it has ended, also where it never came
   * about and `onOpen` was not called.
   */
  accept(request: FastifyRequest, reply: FastifyReply, upgrade: Upgrade, events: WebSocketEvents): void;
}

export interface WebSocketEvents {
  readonly onOpen: (webSocket: WebSocket, socket: Socket) => void;
  readonly onClose: () => void;
}

export function createWebSockets({ messageBytesMax }: { readonly messageBytesMax: number }): WebSockets {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: messageBytesMax,
    // Compressed anew for each receiver, it would cost more than all else, and some 300 KB a connection.
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  return {
    accept(request, reply, { socket, head, takeOver }, { onOpen, onClose }) {
      reply.hijack();
      // Gone while it was decided: it will not be closed a second time.
      if (socket.destroyed) return onClose();
      takeOver();
      request.server.streamBegins(request, 101);
      socket.once('close', onClose);
      server.handleUpgrade(request.raw, socket, head, (webSocket) => onOpen(webSocket, socket));
    },
  };
}
