/**
 * The stream of a driver: positions up, offers down (docs/rides.md). It is opened again when it breaks; points that
 * were not acknowledged are sent again, under their numbers.
 */
import { signal } from '@preact/signals';
import type { Driver } from '../../api/types.ts';
import type { Place } from '../../rides/map/mercator.ts';

export interface Offer {
  readonly offer_id: string;
  readonly ride_id: string;
  readonly ride_type: Driver['ride_types'][number];
  readonly pickup: Place;
  readonly dropoff: Place;
  readonly expires_at: string;
}

interface NumberedPoint extends Place {
  readonly time_ms: number;
  readonly accuracy_m: number;
}

type Message =
  | { readonly type: 'ready'; readonly state: Driver['state']; readonly sequence: number }
  | { readonly type: 'ack'; readonly sequence: number }
  | { readonly type: 'state'; readonly state: Driver['state'] }
  | ({ readonly type: 'offer' } & Offer)
  | { readonly type: 'offer_ended'; readonly offer_id: string; readonly state: string }
  | { readonly type: 'error'; readonly detail: string }
  | { readonly type: 'end'; readonly reason: string };

export interface DriverSocketEvents {
  readonly onState: (state: Driver['state']) => void;
  /** There is no coming back: why. */
  readonly onEnd: (reason: string) => void;
}

const PROTOCOL = 'groundswell.v1';
const SEND_EVERY_MS = 1_000;
const POINTS_MAX = 100;
const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 15_000;
const FINAL_REASONS: ReadonlySet<string> = new Set(['replaced', 'session_ended', 'removed']);

/** Whether the server can reach the driver now. */
export const isReached = signal(false);
export const offer = signal<Offer>();
/** What became of the last offer, if it was not the driver who answered. */
export const lostOffer = signal<string>();

export interface DriverSocket {
  report(place: Place, accuracyM: number): void;
  close(): void;
}

export function openDriverSocket(events: DriverSocketEvents): DriverSocket {
  let socket: WebSocket | undefined;
  let retryMs = RETRY_MS_MIN;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let isClosed = false;
  /** The number of the first point that waits; undefined until the server has said. */
  let first: number | undefined;
  let waiting: NumberedPoint[] = [];
  let sent = 0;

  function connect(): void {
    const opened = new WebSocket('/api/v1/drivers/me/stream', PROTOCOL);
    socket = opened;
    opened.addEventListener('message', ({ data }) => hear(JSON.parse(String(data)) as Message));
    opened.addEventListener('close', () => {
      isReached.value = false;
      if (isClosed) return;
      retryTimer = setTimeout(connect, retryMs * (0.5 + Math.random() / 2));
      retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
    });
  }

  function hear(message: Message): void {
    if (message.type === 'ready') {
      isReached.value = true;
      retryMs = RETRY_MS_MIN;
      heardUpTo(message.sequence);
      first = message.sequence + 1;
      sent = 0;
      events.onState(message.state);
    } else if (message.type === 'ack') heardUpTo(message.sequence);
    else if (message.type === 'state') events.onState(message.state);
    else if (message.type === 'offer') offer.value = message;
    else if (message.type === 'offer_ended') endOffer(message.offer_id, message.state);
    else if (message.type === 'end' && FINAL_REASONS.has(message.reason)) {
      close();
      events.onEnd(message.reason);
    }
  }

  function heardUpTo(sequence: number): void {
    if (first === undefined) return;
    const count = Math.max(0, Math.min(waiting.length, sequence - first + 1));
    waiting = waiting.slice(count);
    first += count;
    sent = Math.max(0, sent - count);
  }

  function send(): void {
    if (first === undefined || socket?.readyState !== WebSocket.OPEN) return;
    const points = waiting.slice(sent, sent + POINTS_MAX);
    if (points.length === 0) return;
    socket.send(JSON.stringify({ type: 'positions', sequence: first + sent, points }));
    sent += points.length;
  }

  function close(): void {
    isClosed = true;
    clearTimeout(retryTimer);
    clearInterval(sendTimer);
    isReached.value = false;
    offer.value = undefined;
    socket?.close();
  }

  const sendTimer = setInterval(send, SEND_EVERY_MS);
  connect();
  return {
    report({ lat, lng }, accuracyM) {
      waiting.push({ lat, lng, time_ms: Date.now(), accuracy_m: accuracyM });
      // What could not be sent for long is of no use any more.
      if (waiting.length > POINTS_MAX && sent === 0) waiting = waiting.slice(-POINTS_MAX);
    },
    close,
  };
}

function endOffer(offerId: string, state: string): void {
  if (offer.peek()?.offer_id !== offerId) return;
  offer.value = undefined;
  if (state === 'withdrawn') lostOffer.value = 'Another driver was faster, or the rider has cancelled.';
  if (state === 'expired') lostOffer.value = 'The time to answer is over.';
}
