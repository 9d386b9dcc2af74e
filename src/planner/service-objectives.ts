/**
 * What the service promises its users, as a share of good events over 30 days: the one list from which Prometheus' rules are
 * made. Expressions count events in the last `$window`.
 */

export interface ServiceObjective {
  /** In words joined by dashes; the alert and its entry in the runbook have the same, joined. */
  readonly name: string;
  readonly promise: string;
  /** Of good events, below 1. */
  readonly objective: number;
  readonly events: string;
  readonly badEvents: string;
}

/** B8 of the requirements: a ten thousandth of what is critical may fail, a thousandth of the rest. */
const CRITICAL_OBJECTIVE = 0.9999;
const OBJECTIVE = 0.999;
/** Of what is late, rather than lost. */
const IN_TIME_OBJECTIVE = 0.99;
/** Bodies of pictures and tables take as long as the network of whoever sends them. */
const STREAMED = '.*/(media|photos|uploads|import|export|stream|live).*';

export const SERVICE_OBJECTIVES: readonly ServiceObjective[] = [
  answered('critical', CRITICAL_OBJECTIVE, 'Signing in, posting, following links and rides'),
  answered('read', OBJECTIVE, 'Reads'),
  answered('write', OBJECTIVE, 'Other writes'),
  answered('optional', OBJECTIVE, 'Searches, suggestions, statistics and tables'),
  answeredInTime('critical', 0.5),
  answeredInTime('read', 0.25),
  answeredInTime('write', 0.5),
  inTime({
    name: 'home-timelines-in-time',
    promise: 'A post is in the home timelines of all followers within 1 s.',
    histogram: 'fan_out_lag_seconds',
    labels: 'lane="page"',
    withinS: 1,
  }),
  inTime({
    name: 'large-home-timelines-in-time',
    promise: 'A post of somebody with very many followers is in all their home timelines within 5 s.',
    histogram: 'fan_out_lag_seconds',
    labels: 'lane="continuation"',
    withinS: 5,
  }),
  inTime({
    name: 'live-updates-in-time',
    promise: 'Who watches is told within 0.5 s.',
    histogram: 'live_delivery_seconds',
    withinS: 0.5,
  }),
  inTime({
    name: 'first-offers-in-time',
    promise: 'A request for a ride that is offered to drivers is offered within 10 s.',
    histogram: 'dispatch_first_offer_seconds',
    withinS: 10,
  }),
  inTime({
    name: 'notifications-in-time',
    promise: 'A notification is there within 2.5 s of what it tells.',
    histogram: 'notification_delay_seconds',
    withinS: 2.5,
  }),
  inTime({
    name: 'searches-up-to-date',
    promise: 'What is written is found by searches within 1 s.',
    histogram: 'search_index_lag_seconds',
    withinS: 1,
  }),
  inTime({
    name: 'webhooks-in-time',
    promise: 'A webhook is delivered within 2.5 s of its event.',
    histogram: 'webhook_delivery_latency_seconds',
    withinS: 2.5,
  }),
];

/** Turned away under load or by a part that is away (503) is as bad as a failure; a client's mistake is none. */
function answered(priority: string, objective: number, what: string): ServiceObjective {
  const events = (labels: string) =>
    `sum(increase(http_requests_total{priority="${priority}"${labels}}[$window]))`;
  return {
    name: `${priority}-answered`,
    promise: `${what} are answered, not refused and without an error of the server.`,
    objective,
    events: events(''),
    badEvents: events(',status=~"5.."'),
  };
}

function answeredInTime(priority: string, withinS: number): ServiceObjective {
  return inTime({
    name: `${priority}-answered-in-time`,
    promise: `Requests of the priority ${priority} are answered within ${withinS} s, but for those whose length is up to the client.`,
    histogram: 'http_request_duration_seconds',
    labels: `priority="${priority}",route!~"${STREAMED}"`,
    withinS,
  });
}

interface Promptness {
  readonly name: string;
  readonly promise: string;
  readonly histogram: string;
  readonly labels?: string;
  /** One of the bounds of the histogram. */
  readonly withinS: number;
}

function inTime({ name, promise, histogram, labels = '', withinS }: Promptness): ServiceObjective {
  const count = (suffix: string, label: string) => {
    const selected = [label, labels].filter((part) => part !== '').join(',');
    return `sum(increase(${histogram}_${suffix}${selected === '' ? '' : `{${selected}}`}[$window]))`;
  };
  return {
    name,
    promise,
    objective: IN_TIME_OBJECTIVE,
    events: count('count', ''),
    // Prometheus 3 writes 1.0 for what Prometheus 2 calls 1.
    badEvents: `(${count('count', '')} - ${count('bucket', `le=~"${withinS}([.]0)?"`)})`,
  };
}
