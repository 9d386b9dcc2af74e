/**
 * Time for large bodies. A request must have arrived after `requestTimeoutMs`, as the HTTP server sees to; a route that
 * takes files gives more to whoever keeps sending, at a rate that it names. Whoever drips bytes is cut off as ever.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Clock } from '../core/clock.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** After the time that every request has, its body must have come at this rate at least. */
    bodyBytesPerSecondMin?: number;
  }
}

export interface BodyPaces {
  /**
   * To be asked when the HTTP server says that a request is late, which it says once. If it has more time, `cut` is called
   * when that is over and the request is still arriving.
   */
  hasTime(socket: Socket, cut: () => void): boolean;
}

interface Pace {
  readonly request: IncomingMessage;
  readonly bytesPerSecondMin: number;
  readonly startedMs: number;
  readonly bytesBefore: number;
}

export interface BodyPacesOptions {
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
}

export function createBodyPaces({ requestTimeoutMs, clock }: BodyPacesOptions): BodyPaces & {
  /** Registers what the routes of the server say. */
  register(app: FastifyInstance): void;
} {
  /** Of the request that is arriving on a connection. */
  const paces = new WeakMap<Socket, Pace>();

  function hasTime(socket: Socket, cut: () => void): boolean {
    const pace = paces.get(socket);
    // Nobody waits for the rest of one that was answered.
    if (pace === undefined || pace.request.destroyed || pace.request.complete) return false;
    const { request, bytesPerSecondMin, startedMs, bytesBefore } = pace;
    const arrivedMs = ((socket.bytesRead - bytesBefore) / bytesPerSecondMin) * 1_000;
    const leftMs = requestTimeoutMs + arrivedMs - (clock.monotonicMs() - startedMs);
    if (leftMs <= 0) return false;
    const again = setTimeout(() => {
      if (paces.get(socket) === pace && !request.complete && !hasTime(socket, cut)) cut();
    }, leftMs).unref();
    request.once('close', () => clearTimeout(again));
    return true;
  }

  return {
    hasTime,

    register(app) {
      app.addHook('onRoute', (route) => {
        const bytesPerSecondMin = route.config?.bodyBytesPerSecondMin;
        if (bytesPerSecondMin === undefined) return;
        // After those of the server, so that it is for those who may send it.
        const own = [route.onRequest ?? []].flat();
        route.onRequest = [
          ...own,
          (request, reply, done) => {
            const { raw } = request;
            const { socket } = raw;
            const startedMs = clock.monotonicMs();
            paces.set(socket, { request: raw, bytesPerSecondMin, startedMs, bytesBefore: socket.bytesRead });
            reply.raw.once('finish', () => paces.delete(socket));
            done();
          },
        ];
      });
    },
  };
}
