/** What the staff sees of links and does to one of them, whoever's it is. What many lead to is for `BlockedTargets`. */
import { notFound } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import type { EventLog } from '../../../ports/event-log/event-log.ts';
import type { SqlSession, SqlStore, SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { isCode } from '../codes/alias.ts';
import { targetsOf } from '../link.ts';
import { LINKS_PATH, type LinkAddresses } from '../link-addresses.ts';
import { linkUpdated } from '../link-events.ts';
import { announcedOf } from '../link-rows.ts';
import type { LinkRow } from '../links-queries.ts';
import type { LinkHosts } from '../redirect/link-hosts.ts';
import { getLink, getLinkOfCode, lockLink, setDisabledReason } from './moderated-links-queries.ts';
import { parseReason, type RecordAct } from './staff-acts.ts';

export const DISABLED_REASON_LENGTH_MAX = 200;

export interface ModeratedLink {
  readonly linkId: Id;
  readonly ownerId: Id;
  readonly shortUrl: string;
  /** All that it may lead to, its own first. */
  readonly targets: readonly string[];
  readonly title: string;
  /** As whoever opens it reads; `undefined`: it is not turned off. */
  readonly disabledReason: string | undefined;
}

/** All but `find` fail with `not_found` for a link that is not there, or is deleted. */
export interface ModeratedLinks {
  /** By its id, or by its code or short URL. `undefined`: there is none. */
  find(
    named: { readonly linkId?: Id | undefined; readonly code?: string | undefined },
    session: SqlSession,
  ): Promise<ModeratedLink | undefined>;
  get(linkId: Id): Promise<ModeratedLink>;
  /** It leads nowhere within a second, whatever its owner does. One that is off stays so, with the new reason. */
  disable(transaction: SqlTransaction, moderatorId: Id, linkId: Id, reason: string): Promise<ModeratedLink>;
  /** Changes nothing where it is not turned off. */
  enable(transaction: SqlTransaction, moderatorId: Id, linkId: Id): Promise<ModeratedLink>;
}

export interface ModeratedLinksDeps {
  readonly sql: SqlStore;
  readonly eventLog: EventLog;
  readonly addresses: LinkAddresses;
  readonly hosts: LinkHosts;
  readonly recordAct: RecordAct;
}

export function createModeratedLinks(deps: ModeratedLinksDeps): ModeratedLinks {
  const { sql, eventLog, addresses, hosts, recordAct } = deps;

  function linkOf(row: LinkRow): ModeratedLink {
    const link = announcedOf(row);
    const { linkId, ownerId, title } = link;
    const targets = [...new Set(targetsOf(link))];
    const shortUrl = addresses.shortUrl(link);
    return { linkId, ownerId, shortUrl, targets, title, disabledReason: row.disabled_reason ?? undefined };
  }

  async function change(
    transaction: SqlTransaction,
    moderatorId: Id,
    linkId: Id,
    reason: string | null,
  ): Promise<ModeratedLink> {
    const [before] = await transaction.query(lockLink, [linkId]);
    if (before === undefined) throw notFound('link');
    if (before.disabled_reason === reason) return linkOf(before);
    await transaction.query(setDisabledReason, [linkId, reason]);
    const after = { ...before, disabled_reason: reason };
    const link = linkOf(after);
    const { ownerId: userId, shortUrl } = link;
    await recordAct(
      transaction,
      moderatorId,
      reason === null
        ? { action: 'link_enabled', userId, detail: shortUrl }
        : { action: 'link_disabled', userId, detail: `${shortUrl}: ${reason}` },
    );
    await eventLog.append(transaction, [linkUpdated(announcedOf(after))]);
    return link;
  }

  return {
    async find({ linkId, code = '' }, session) {
      const place = placeOf(code, { addresses, hosts });
      const [row] =
        linkId !== undefined
          ? await session.query(getLink, [linkId])
          : place !== undefined
            ? await session.query(getLinkOfCode, [place.domainId, place.code])
            : [];
      return row === undefined ? undefined : linkOf(row);
    },

    async get(linkId) {
      const [row] = await sql.query(getLink, [linkId]);
      if (row === undefined) throw notFound('link');
      return linkOf(row);
    },

    async disable(transaction, moderatorId, linkId, reason) {
      return change(transaction, moderatorId, linkId, parseReason(reason));
    },

    enable: (transaction, moderatorId, linkId) => change(transaction, moderatorId, linkId, null),
  };
}

/** What somebody has who was given a link: its short URL, with or without the scheme, or its code alone. */
function placeOf(
  text: string,
  { addresses, hosts }: Pick<ModeratedLinksDeps, 'addresses' | 'hosts'>,
): { readonly domainId: Id; readonly code: string } | undefined {
  const spelled = /^https?:\/\//i.test(text) ? text : `https://${text}`;
  const url = URL.canParse(spelled) ? new URL(spelled) : undefined;
  const ownDomainId = url && hosts.domainIdOf(url.host);
  const domainId = ownDomainId ?? (url && addresses.isOwn(url) ? 0 : undefined);
  const code =
    url?.pathname.slice(ownDomainId === undefined ? LINKS_PATH.length : 1).replace(/\+$/, '') ?? '';
  if (domainId !== undefined && isCode(code)) return { domainId, code };
  return isCode(text) ? { domainId: 0, code: text } : undefined;
}
