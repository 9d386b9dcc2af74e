/** From rows to links. */
import { type Link, targetsOf } from './link.ts';
import type { AnnouncedLink } from './link-events.ts';
import type { LinkRow } from './links-queries.ts';
import { ruleOf } from './rules/stored-rules.ts';
import { cardOf } from './stored-cards.ts';
import { firstReason, type TargetRules } from './targets/target-url.ts';
import { reportedWarning } from './warnings/reported-warning.ts';

export function linkOf(row: LinkRow, rules: Pick<TargetRules, 'blockedReason' | 'warning'>): Link {
  const link = describedOf(row);
  const targets = targetsOf(link);
  const blockedReason = row.disabled_reason ?? firstReason(targets, rules.blockedReason);
  const warning = row.warning_reason ?? firstReason(targets, rules.warning) ?? reportedWarning(row.reported);
  return {
    visits: row.visits,
    visitCount: row.visit_count,
    targetCheck: {
      state: row.target_state ?? 'unchecked',
      checkedAt: row.target_checked_at,
      status: row.target_status,
      problem: row.target_problem,
    },
    blockedReason,
    warning: blockedReason === undefined ? warning : undefined,
    ...link,
  };
}

export function announcedOf(row: LinkRow): AnnouncedLink {
  return { domainId: row.domain_id, codeOrigin: row.code_origin, ...describedOf(row) };
}

function describedOf(row: LinkRow): Omit<AnnouncedLink, 'domainId' | 'codeOrigin'> {
  return {
    linkId: row.link_id,
    ownerId: row.owner_id,
    code: row.code,
    host: row.host ?? undefined,
    url: row.url,
    rules: (row.rules ?? []).map(ruleOf),
    title: row.title,
    tags: row.tags,
    redirectType: row.redirect_type,
    passQuery: row.pass_query,
    utm: row.utm ?? {},
    card: row.card === null ? null : cardOf(row.card),
    enabled: row.enabled,
    startsAt: row.starts_at,
    expiresAt: row.expires_at,
    fallbackUrl: row.fallback_url,
    maxVisits: row.max_visits,
    hasPassword: row.password_hash !== null,
    updatedAt: row.updated_at,
  };
}
