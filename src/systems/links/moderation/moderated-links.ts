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
import {
  getLink,
  getLinkOfCode,
  lockLink,
  setDisabledReason,
  setWarningReason,
} from './moderated-links-queries.ts';
import { parseReason, type RecordAct } from './staff-acts.ts';

/** Of why a link is turned off, or warned of. */
export const LINK_REASON_LENGTH_MAX = 200;
/** What the staff may say of a link: how it is written, and what is recorded of saying it and of taking it back. */
const REMARKS = {
  disabled_reason: { write: setDisabledReason, given: 'link_disabled', taken: 'link_enabled' },
  warning_reason: { write: setWarningReason, given: 'link_warned', taken: 'link_unwarned' },
} as const;

export interface ModeratedLink {
  readonly linkId: Id;
  readonly ownerId: Id;
  readonly shortUrl: string;
  /** All that it may lead to, its own first. */
  readonly targets: readonly string[];
  readonly title: string;
  /** As whoever opens it reads; `undefined`: it is not turned off. */
  readonly disabledReason: string | undefined;
  /** The same of the warning that comes before it; `undefined`: the staff does not warn of this one. */
  readonly warningReason: string | undefined;
  /** It is warned of because several people have reported it, until their reports are closed. */
  readonly reported: boolean;
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
  /** A page with the reason comes before it within a second. One that is warned of stays so, with the new reason. */
  warn(transaction: SqlTransaction, moderatorId: Id, linkId: Id, reason: string): Promise<ModeratedLink>;
  /** Changes nothing where the staff does not warn of it. */
  unwarn(transaction: SqlTransaction, moderatorId: Id, linkId: Id): Promise<ModeratedLink>;
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
    const disabledReason = row.disabled_reason ?? undefined;
    const warningReason = row.warning_reason ?? undefined;
    const { reported } = row;
    return { linkId, ownerId, shortUrl, targets, title, disabledReason, warningReason, reported };
  }

  async function change(
    transaction: SqlTransaction,
    moderatorId: Id,
    linkId: Id,
    remark: keyof typeof REMARKS,
    reason: string | null,
  ): Promise<ModeratedLink> {
    const { write, given, taken } = REMARKS[remark];
    const [before] = await transaction.query(lockLink, [linkId]);
    if (before === undefined) throw notFound('link');
    if (before[remark] === reason) return linkOf(before);
    await transaction.query(write, [linkId, reason]);
    const after = { ...before, [remark]: reason };
    const link = linkOf(after);
    const { ownerId: userId, shortUrl } = link;
    await recordAct(
      transaction,
      moderatorId,
      reason === null
        ? { action: taken, userId, detail: shortUrl }
        : { action: given, userId, detail: `${shortUrl}: ${reason}` },
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
      return change(transaction, moderatorId, linkId, 'disabled_reason', parseReason(reason));
    },

    enable: (transaction, moderatorId, linkId) =>
      change(transaction, moderatorId, linkId, 'disabled_reason', null),

    async warn(transaction, moderatorId, linkId, reason) {
      return change(transaction, moderatorId, linkId, 'warning_reason', parseReason(reason));
    },

    unwarn: (transaction, moderatorId, linkId) =>
      change(transaction, moderatorId, linkId, 'warning_reason', null),
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
