/** The URL shortener: its parts, put together. */
import type { Clock, Randomness } from '../../core/clock.ts';
import { invalidField } from '../../core/errors.ts';
import type { IdGenerator } from '../../core/ids.ts';
import type { PrivateAddresses } from '../../core/outbound-target.ts';
import type { EventLog } from '../../ports/event-log/event-log.ts';
import type { SqlStore } from '../../ports/sql-store/sql-store.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Tracing } from '../../telemetry/trace.ts';
import { createCodes } from './codes/codes.ts';
import { createLinkAddresses, type LinkAddresses } from './link-addresses.ts';
import { createLinkWriter } from './link-writer.ts';
import { createLinks, type Links } from './links.ts';
import type { TargetRules } from './targets/target-url.ts';

export interface ShortenerDeps {
  readonly sql: SqlStore;
  readonly ids: IdGenerator;
  readonly eventLog: EventLog;
  readonly tracing: Tracing;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  /** Where people reach this server. */
  readonly publicUrl: () => string;
  /** Of links alone; no trailing slash. */
  readonly linksUrl: string | undefined;
  readonly privateAddresses: PrivateAddresses;
  readonly hashPassword: (password: string) => Promise<string>;
}

export interface Shortener {
  readonly links: Links;
  readonly addresses: LinkAddresses;
  /** Links that wait to be written. */
  waiting(): number;
}

export function createShortener(deps: ShortenerDeps): Shortener {
  const { privateAddresses } = deps;
  const addresses = createLinkAddresses({ ...deps, isOwnersHost: () => false });
  const targets: TargetRules = {
    privateAddresses,
    isOwn: addresses.isOwn,
    blockedReason: () => undefined,
  };
  const codes = createCodes(deps);
  const writer = createLinkWriter(deps);
  const links = createLinks({
    ...deps,
    ...{ codes, writer, targets },
    domainIdOf: async () => {
      throw invalidField('host', 'is not a verified host name of yours.');
    },
  });
  return { links, addresses, waiting: writer.waiting };
}
