/** The program of those who listen: many WebSockets in one process, which counts what they are told and how late. */

import { connect } from 'node:net';
import { systemClock } from '../../core/clock.ts';
import { createLatencyRecorder, type LatencyRecorder } from '../latency.ts';
import type { ListenersAnswer, ListenersTask } from './live-listeners.ts';
import { SENT_AT_MARK } from './live-listeners.ts';
import { createWebSocketReader, PONG_FRAME } from './web-socket-reader.ts';

const AT_ONCE = 32;
/** Of a clock in milliseconds since 1970. */
const SENT_AT_DIGITS = 13;
const MARK = Buffer.from(SENT_AT_MARK);

let messages = 0;
let bytes = 0;
let sample = '';
let latency: LatencyRecorder = createLatencyRecorder();
let lost = 0;

function note(payload: Buffer): void {
  messages += 1;
  bytes += payload.length;
  if (messages === 1) sample = String(payload);
  const at = payload.indexOf(MARK);
  if (at < 0) return;
  const start = at + MARK.length;
  latency.record(systemClock.nowMs() - Number(payload.toString('latin1', start, start + SENT_AT_DIGITS)));
}

/** Resolves with the first message, if the server sends one of itself, or with the answer to the handshake. */
function open({ host, port, path }: ListenersTask & { do: 'open' }, token: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const reader = createWebSocketReader(note, () => socket.write(PONG_FRAME));
    let head = '';
    socket.on('data', (part) => {
      if (head === 'read') return reader.read(part);
      head += part.toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      if (!head.startsWith('HTTP/1.1 101 ')) return void reject(new Error(head.slice(0, 200)));
      const rest = Buffer.from(head.slice(end + 4), 'latin1');
      head = 'read';
      reader.read(rest);
      resolve();
    });
    socket.on('error', reject);
    socket.on('close', () => {
      lost += 1;
    });
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nAuthorization: Bearer ${token}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
    );
  });
}

async function openAll(task: ListenersTask & { do: 'open' }): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let token = task.tokens[next++]; token !== undefined; token = task.tokens[next++])
      await open(task, token);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

function report(): ListenersAnswer {
  const answer = { messages, bytes, sample, lost, latency: latency.summary() };
  messages = 0;
  bytes = 0;
  latency = createLatencyRecorder();
  return { report: answer };
}

// The parent is this same program, so its messages are taken as they are.
process.on('message', (task: ListenersTask) => {
  if (task.do === 'report') return void process.send?.(report());
  openAll(task).then(
    () => process.send?.({ opened: task.tokens.length }),
    (error: unknown) => process.send?.({ failure: String(error) }),
  );
});
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
