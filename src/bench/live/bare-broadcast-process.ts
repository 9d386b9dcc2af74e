/** The program of the yardstick for live updates: `ws` sends a text to everyone who is connected, and does nothing else. */
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import type { BroadcastTask } from './bare-broadcast.ts';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false }, () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
});

async function broadcast({ text, times, pauseMs }: BroadcastTask): Promise<void> {
  const data = Buffer.from(text);
  for (let time = 0; time < times; time += 1) {
    for (const client of server.clients) client.send(data, { binary: false });
    await sleep(pauseMs);
  }
}

process.on(
  'message',
  (task: BroadcastTask) => void broadcast(task).then(() => process.send?.({ done: true })),
);
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
