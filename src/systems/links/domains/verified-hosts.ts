/**
 * The host names of owners, all in memory of each process, because every request is asked which host it is for. An event says of
 * which host something has changed; what it is now is read from the database, one read after the other, so that whatever
 * order events come in, the last read is right.
 */
import type { Clock } from '../../../core/clock.ts';
import type { Id } from '../../../core/ids.ts';
import type { LoggedEvent, NewEvent } from '../../../ports/event-log/event-log.ts';
import type { SqlSession } from '../../../ports/sql-store/sql-store.ts';
import type { Log } from '../../../telemetry/log.ts';
import { hostOfEvent } from './domain-events.ts';
import { getVerifiedDomains, pageVerifiedDomains, type VerifiedDomainRow } from './domains-queries.ts';

const LOAD_PAGE = 5_000;
const READ_MAX = 500;
const RETRY_MS = 500;

export interface VerifiedHost {
  readonly domainId: Id;
  readonly ownerId: Id;
}

export interface VerifiedHosts {
  /** Of a host in lower case, with or without a port or the dot of the root. */
  get(host: string): VerifiedHost | undefined;
  size(): number;
  /** Reads all. */
  load(): Promise<void>;
  /** Of the topic `link_domains`. */
  hear(events: readonly (LoggedEvent | NewEvent)[]): void;
  /** What is heard from then on changes nothing. */
  close(): void;
}

export interface VerifiedHostsDeps {
  readonly sql: SqlSession;
  readonly clock: Clock;
  readonly log: Log;
}

export function createVerifiedHosts({ sql, clock, log }: VerifiedHostsDeps): VerifiedHosts {
  const closing = new AbortController();
  const changed = new Set<string>();
  let hosts = new Map<string, VerifiedHost>();
  let turn: Promise<void> = Promise.resolve();

  /** One read after the other. */
  function inTurn(read: () => Promise<void>): Promise<void> {
    const reading = turn.then(read);
    turn = reading.catch(() => undefined);
    return reading;
  }

  async function readAll(): Promise<void> {
    const read = new Map<string, VerifiedHost>();
    for (let after = ''; ; ) {
      const rows = await sql.query(pageVerifiedDomains, [after, LOAD_PAGE]);
      for (const row of rows) read.set(row.host, hostOfRow(row));
      const last = rows.at(-1);
      if (last === undefined || rows.length < LOAD_PAGE) break;
      after = last.host;
    }
    hosts = read;
  }

  async function readSome(names: readonly string[]): Promise<void> {
    const rows = await sql.query(getVerifiedDomains, [names]);
    for (const name of names) hosts.delete(name);
    for (const row of rows) hosts.set(row.host, hostOfRow(row));
  }

  async function readChanged(): Promise<void> {
    while (changed.size > 0 && !closing.signal.aborted) {
      const names = [...changed].slice(0, READ_MAX);
      for (const name of names) changed.delete(name);
      try {
        await readSome(names);
      } catch (error) {
        for (const name of names) changed.add(name);
        log.warn({ err: error }, 'hosts of links that have changed could not be read: this is tried again');
        await clock.sleep(RETRY_MS, closing.signal);
      }
    }
  }

  return {
    get: (host) => hosts.get(host) ?? hosts.get(host.replace(/\.?(:\d+)?$/, '')),
    size: () => hosts.size,
    load: () => inTurn(readAll),
    hear(events) {
      for (const event of events) changed.add(hostOfEvent(event));
      void inTurn(readChanged);
    },
    close: () => closing.abort(),
  };
}

function hostOfRow({ domain_id: domainId, owner_id: ownerId }: VerifiedDomainRow): VerifiedHost {
  return { domainId, ownerId };
}
