/** Live updates: who is connected, what they are sent, and how late. Labels are named in the code, so there are few. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export interface LiveMetrics {
  opened(transport: string): void;
  closed(transport: string): void;
  sent(event: string): void;
  ended(reason: string): void;
  resumed(outcome: string, events: number): void;
  delivered(event: string, latencyMs: number): void;
}

/** The log is looked at every 20 ms under load; half a second is slow. */
const LATENCY_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];
const TRANSPORTS = ['websocket', 'event_stream'];

export function createLiveMetrics(registry: Registry): LiveMetrics {
  const registers = [registry];
  const connections = new Gauge({
    ...{
      name: 'live_connections',
      help: 'Live connections, by transport.',
      labelNames: ['transport'],
      registers,
    },
  });
  for (const transport of TRANSPORTS) connections.set({ transport }, 0);
  const sent = new Map<string, number>();
  new Counter({
    ...{
      name: 'live_events_total',
      help: 'Events sent, one for each receiver.',
      labelNames: ['event'],
      registers,
    },
    // Counted in a map: it is the one thing that is done for each receiver.
    collect() {
      this.reset();
      for (const [event, count] of sent) this.inc({ event }, count);
    },
  });
  const ended = new Counter({
    name: 'live_ended_total',
    help: 'Live connections that the server has ended, by reason.',
    labelNames: ['reason'],
    registers,
  });
  const resumed = new Counter({
    name: 'live_resumes_total',
    help: 'Clients that came back, by what they were told: from memory or the log, nothing, or why there is a gap.',
    labelNames: ['outcome'],
    registers,
  });
  const replayed = new Counter({
    ...{ name: 'live_replayed_events_total', help: 'Events sent to clients that came back.', registers },
  });
  const latency = new Histogram({
    name: 'live_delivery_seconds',
    help: 'Time from the commit of what an event tells to the sockets of all its receivers.',
    labelNames: ['event'],
    buckets: LATENCY_BUCKETS_S,
    registers,
  });
  return {
    opened: (transport) => connections.inc({ transport }),
    closed: (transport) => connections.dec({ transport }),
    sent: (event) => void sent.set(event, (sent.get(event) ?? 0) + 1),
    ended: (reason) => ended.inc({ reason }),
    resumed(outcome, events) {
      resumed.inc({ outcome });
      replayed.inc(events);
    },
    delivered: (event, latencyMs) => latency.observe({ event }, latencyMs / 1_000),
  };
}
