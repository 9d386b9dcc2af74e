/** A driver's WebSocket, as the driver's app has it: numbered points up, messages down. */
import { WebSocket } from 'ws';
import { API } from '../client/api-client.ts';
import { encodePoints } from '../systems/rides/positions/binary-points.ts';
import { POINTS_MAX, type ReportedPoint } from '../systems/rides/positions/reported-point.ts';
import { isObject } from './ride-calls.ts';

export type LineMessage = Readonly<Record<string, unknown>>;

export interface DriverLine {
  /** Whether the server has said that it is ready. */
  isReady(): boolean;
  /** What does not get there is lost, as it is soon out of date. */
  send(points: readonly ReportedPoint[]): void;
  close(): void;
}

export interface DriverLineOptions {
  /** Of the server. */
  readonly url: string;
  readonly token: string;
  /** The number of the last point that was sent on an earlier line. */
  readonly sequence: number;
  onMessage(message: LineMessage): void;
  /** Once. The number of the last point that was sent. */
  onEnd(sequence: number): void;
}

export function openDriverLine({ url, token, ...options }: DriverLineOptions): DriverLine {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}${API}/drivers/me/stream`, 'groundswell.v1', {
    headers: { authorization: `Bearer ${token}` },
    perMessageDeflate: false,
  });
  let sequence = options.sequence;
  let isReady = false;
  socket.on('message', (data, isBinary) => {
    const message: unknown = isBinary ? undefined : JSON.parse(String(data));
    if (!isObject(message)) return;
    if (message['type'] === 'ready') {
      isReady = true;
      sequence = Math.max(sequence, Number(message['sequence']));
    }
    options.onMessage(message);
  });
  // The end that follows says the same.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    isReady = false;
    options.onEnd(sequence);
  });
  return {
    isReady: () => isReady,
    send(points) {
      if (!isReady) return;
      for (let at = 0; at < points.length; at += POINTS_MAX) {
        const some = points.slice(at, at + POINTS_MAX);
        socket.send(encodePoints({ sequence: sequence + 1, points: some }));
        sequence += some.length;
      }
    },
    close: () => socket.terminate(),
  };
}
