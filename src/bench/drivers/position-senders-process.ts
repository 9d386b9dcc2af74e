/** The program of drivers who drive about: many WebSockets in one process, each with a point now and then. */
import { WebSocket } from 'ws';
import { systemClock } from '../../core/clock.ts';
import { encodePoints } from '../../systems/rides/positions/binary-points.ts';
import type { SendersAnswer, SendersTask } from './position-senders.ts';

const AT_ONCE = 32;
const TICK_MS = 10;
/** Manhattan, more or less. */
const [LAT, LNG, SPREAD] = [40.75, -73.98, 0.05] as const;
/** Some 10 m. */
const STEP = 0.0001;

interface Driver {
  readonly socket: WebSocket;
  lat: number;
  sequence: number;
}

const drivers: Driver[] = [];
let lost = 0;
let accepted = 0;

function open({ host, port, path, offersUrl }: SendersTask & { do: 'open' }, token: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${host}:${port}${path}`, {
      headers: { authorization: `Bearer ${token}` },
      perMessageDeflate: false,
    });
    socket.on('open', () => {
      drivers.push({ socket, lat: LAT + ((drivers.length % 100) / 100) * SPREAD, sequence: 0 });
      resolve();
    });
    if (offersUrl !== undefined)
      socket.on('message', (data) => void accept(offersUrl, token, String(data)).catch(() => undefined));
    socket.on('error', reject);
    socket.on('close', () => {
      lost += 1;
    });
  });
}

/** What cannot be accepted any more is offered again. */
async function accept(offersUrl: string, token: string, text: string): Promise<void> {
  const message = JSON.parse(text);
  if (message.type !== 'offer') return;
  const answer = await fetch(`${offersUrl}/${message.offer_id}/accept`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  });
  await answer.arrayBuffer();
  if (answer.ok) accepted += 1;
}

async function openAll(task: SendersTask & { do: 'open' }): Promise<SendersAnswer> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let token = task.tokens[next++]; token !== undefined; token = task.tokens[next++])
      await open(task, token);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return {};
}

/** The drivers take turns, so that messages come as evenly as they do from many. */
async function send({ durationMs, perS }: SendersTask & { do: 'send' }): Promise<SendersAnswer> {
  const startMs = systemClock.monotonicMs();
  let sent = 0;
  for (let elapsedMs = 0; elapsedMs < durationMs; elapsedMs = systemClock.monotonicMs() - startMs) {
    const due = Math.floor((Math.min(elapsedMs, durationMs) / 1_000) * perS * drivers.length);
    for (; sent < due; sent += 1) sendOne(drivers[sent % drivers.length]);
    await systemClock.sleep(TICK_MS);
  }
  return { sent, lost, accepted };
}

function sendOne(driver: Driver | undefined): void {
  if (driver === undefined) return;
  driver.sequence += 1;
  driver.lat += STEP * (driver.sequence % 20 < 10 ? 1 : -1);
  const point = { lat: driver.lat, lng: LNG, atMs: systemClock.nowMs(), accuracyM: 5 };
  driver.socket.send(encodePoints({ sequence: driver.sequence, points: [point] }));
}

// The parent is this same program, so its messages are taken as they are.
process.on('message', (task: SendersTask) => {
  (task.do === 'open' ? openAll(task) : send(task)).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ failure: String(error) }),
  );
});
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
