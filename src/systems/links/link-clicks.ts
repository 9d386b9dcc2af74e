/** The clicks of links, from the redirect to the statistics of their owners. */
import type { Clock, Randomness } from '../../core/clock.ts';
import type { Job } from '../../core/job.ts';
import type { CountryTable } from '../../ports/country-table/country-table.ts';
import type { EventLog, Subscription } from '../../ports/event-log/event-log.ts';
import type { SqlStore } from '../../ports/sql-store/sql-store.ts';
import type { Log } from '../../telemetry/log.ts';
import { createClickReader } from './clicks/click-facts.ts';
import { type ClickObserver, createClickPublisher } from './clicks/click-publisher.ts';
import type { ClickRecorder } from './clicks/click-recorder.ts';
import { type ClassifyUserAgent, createUserAgents } from './clicks/user-agents.ts';
import { createVisitorSalts } from './clicks/visitor-salts.ts';
import { createErasure } from './statistics/erasure.ts';
import { retentionJob } from './statistics/retention.ts';
import { clickRollUp, type RollUpObserver } from './statistics/roll-up.ts';
import { createStatistics, type Statistics } from './statistics/statistics.ts';

export interface LinkClicksDeps {
  readonly sql: SqlStore;
  readonly eventLog: EventLog;
  readonly countryTable: CountryTable;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  readonly observer: ClickObserver & RollUpObserver;
  /** Whether a host name, in lower case and without port, is one of this server. */
  readonly isOwnHost: (host: string) => boolean;
  readonly retentionDays: number;
}

export interface LinkClicks {
  readonly recorder: ClickRecorder;
  readonly classifyUserAgent: ClassifyUserAgent;
  readonly statistics: Statistics;
  readonly subscriptions: readonly Subscription[];
  readonly jobs: readonly Job[];
  /** Clicks that are not durable yet. */
  waiting(): number;
  /** Publishes them. */
  close(): Promise<void>;
}

export function createLinkClicks(deps: LinkClicksDeps): LinkClicks {
  const { countryTable, isOwnHost } = deps;
  const classifyUserAgent = createUserAgents();
  const salts = createVisitorSalts(deps);
  const readClick = createClickReader({ classifyUserAgent, countryOf: countryTable.countryOf, isOwnHost });
  const publisher = createClickPublisher({ ...deps, readClick, salts });
  const erasure = createErasure(deps);
  return {
    recorder: publisher,
    classifyUserAgent,
    statistics: createStatistics(deps),
    subscriptions: [clickRollUp(deps), erasure.subscription],
    jobs: [erasure.job, retentionJob({ ...deps, salts })],
    waiting: publisher.waiting,
    close: publisher.close,
  };
}
