/** Host names of owners: brought, proved to be theirs, and let go. Nobody sees or changes those of others. */
import type { Clock, Randomness } from '../../../core/clock.ts';
import { AppError, invalidField, notFound } from '../../../core/errors.ts';
import { type Id, type IdGenerator, shardOf } from '../../../core/ids.ts';
import type { Page, PageRequest } from '../../../core/page.ts';
import type { EventLog } from '../../../ports/event-log/event-log.ts';
import { type SqlStore, type SqlTransaction, UniqueViolation } from '../../../ports/sql-store/sql-store.ts';
import { deleteDomain } from './domain-erasure-queries.ts';
import { domainEvent } from './domain-events.ts';
import { CHALLENGE_PATH, isProved, type ProofDeps, recordNameOf } from './domain-proof.ts';
import {
  countDomainsOf,
  countVerifiedDomains,
  type DomainRow,
  getOwnDomain,
  getVerifiedDomains,
  insertDomain,
  lockDomainsOf,
  markVerified,
  pageOwnDomains,
} from './domains-queries.ts';
import { checkHost, type HostRules, hostNameOf } from './host-name.ts';
import type { VerifiedHosts } from './verified-hosts.ts';

/** Of one owner. */
export const DOMAINS_MAX = 20;
/** Of all together that are verified: some 20 MB in each process. */
export const VERIFIED_DOMAINS_MAX = 100_000;
/** 192 bits: nobody guesses it. */
const TOKEN_BYTES = 24;

export interface Domain {
  readonly domainId: Id;
  readonly host: string;
  /** What proves that the host is theirs. */
  readonly token: string;
  /** Null: not yet. */
  readonly verifiedAt: Date | null;
}

/** All fail with `not_found` for a domain of someone else. */
export interface Domains {
  /**
   * A claim, which keeps nobody else from the same. Fails with `invalid` for what is no host name, with `conflict` for one
   * that the owner has brought before, and past DOMAINS_MAX.
   */
  create(transaction: SqlTransaction, ownerId: Id, host: string): Promise<Domain>;
  /** The newest first. */
  page(ownerId: Id, page: PageRequest): Promise<Page<Domain>>;
  /** Asks the DNS and the host itself. Fails with `conflict` where neither has the token. */
  prove(ownerId: Id, domainId: Id): Promise<void>;
  /**
   * To be called once `prove` resolved. Links are opened there from then on, in every process within a second. Fails with
   * `conflict` if the host is somebody else's by now.
   */
  verify(transaction: SqlTransaction, ownerId: Id, domainId: Id): Promise<Domain>;
  /** Its links lead nowhere from then on, and are deleted. The host may be brought again, by anyone. */
  delete(transaction: SqlTransaction, ownerId: Id, domainId: Id): Promise<void>;
  /** The verified domain of the owner, with its host in the form that is stored. Fails with `invalid`. */
  findVerified(ownerId: Id, host: string): Promise<{ readonly domainId: Id; readonly host: string }>;
}

export interface DomainsDeps extends ProofDeps, HostRules {
  readonly sql: SqlStore;
  readonly ids: IdGenerator;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly eventLog: EventLog;
  readonly verifiedHosts: Pick<VerifiedHosts, 'get'>;
}

export function createDomains(deps: DomainsDeps): Domains {
  const { sql, ids, clock, randomness, eventLog, verifiedHosts } = deps;

  async function get(ownerId: Id, domainId: Id): Promise<DomainRow> {
    return found(await sql.query(getOwnDomain, [ownerId, domainId]));
  }

  return {
    async create(transaction, ownerId, text) {
      const host = checkHost(text, deps);
      await transaction.query(lockDomainsOf, [ownerId]);
      const [counted] = await transaction.query(countDomainsOf, [ownerId]);
      if ((counted?.count ?? 0) >= DOMAINS_MAX) throw tooMany();
      const token = randomness.bytes(TOKEN_BYTES).toString('base64url');
      const row = { domainId: ids.next(), shard: shardOf(ownerId) };
      return transaction
        .query(insertDomain, [row.domainId, row.shard, ownerId, host, token])
        .then((rows) => domainOf(found(rows)))
        .catch((error: unknown) => {
          throw isTaken(error) ? conflict('host: is among your domains already.') : error;
        });
    },

    async page(ownerId, { before, limit }) {
      const rows = await sql.query(pageOwnDomains, [ownerId, before, limit + 1]);
      const items = rows.slice(0, limit).map(domainOf);
      return { items, nextBefore: rows.length > limit ? items.at(-1)?.domainId : undefined };
    },

    async prove(ownerId, domainId) {
      const { host, token, verified_at: verifiedAt } = await get(ownerId, domainId);
      if (verifiedAt !== null || (await isProved(deps, host, token))) return;
      throw conflict(
        `Neither the TXT record ${recordNameOf(host)} nor ${host}${CHALLENGE_PATH} has the token. A change of the DNS may take some minutes to be seen.`,
      );
    },

    async verify(transaction, ownerId, domainId) {
      const [counted] = await transaction.query(countVerifiedDomains, [VERIFIED_DOMAINS_MAX]);
      if ((counted?.count ?? 0) >= VERIFIED_DOMAINS_MAX) throw conflict('This server has no room for more.');
      const row = await transaction
        .query(markVerified, [ownerId, domainId, new Date(clock.nowMs())])
        .then(found)
        .catch((error: unknown) => {
          throw isTaken(error) ? conflict('Another account has verified this host.') : error;
        });
      await eventLog.append(transaction, [domainEvent('verified', row)]);
      return domainOf(row);
    },

    async delete(transaction, ownerId, domainId) {
      const row = found(await transaction.query(deleteDomain, [ownerId, domainId, new Date(clock.nowMs())]));
      if (row.was_verified) await eventLog.append(transaction, [domainEvent('deleted', row)]);
    },

    async findVerified(ownerId, text) {
      const host = hostNameOf(text);
      const known = host === undefined ? undefined : verifiedHosts.get(host);
      if (host !== undefined && known?.ownerId === ownerId) return { domainId: known.domainId, host };
      // It may have been verified a moment ago, by another process.
      const rows = host === undefined ? [] : await sql.query(getVerifiedDomains, [[host]]);
      const row = rows.find((each) => each.owner_id === ownerId);
      if (row === undefined) throw invalidField('host', 'is not a verified host name of yours.');
      return { domainId: row.domain_id, host: row.host };
    },
  };
}

function found<Row>([row]: readonly Row[]): Row {
  if (row === undefined) throw notFound('domain');
  return row;
}

function isTaken(error: unknown): boolean {
  return error instanceof AppError && error.cause instanceof UniqueViolation;
}

function tooMany(): AppError {
  return conflict(`There are ${DOMAINS_MAX} domains, and no more are possible. Delete one first.`);
}

function conflict(message: string): AppError {
  return new AppError('conflict', message, { outcome: 'not_applied' });
}

function domainOf({ domain_id: domainId, host, token, verified_at: verifiedAt }: DomainRow): Domain {
  return { domainId, host, token, verifiedAt };
}
