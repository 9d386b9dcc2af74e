/** How many people a link is reported by, of those whose report counts. */
import type { Id } from '../../../core/ids.ts';
import { readStatement } from '../../../ports/sql-store/sql-store.ts';

/**
 * The links that at least `people` have reported, whose reports are open. Nobody counts twice, nor whose account was younger
 * than `age` (a difference of ids) when they reported it, is suspended or deleted by now, or whose earlier report of the link
 * was closed. Nothing tells those apart who were not signed in: they are one more, and never the only one.
 */
export const findReportedLinks = readStatement<
  [linkIds: readonly Id[], age: number, people: number],
  { readonly link_id: Id }
>(
  'reports_find_links',
  `SELECT wanted.link_id FROM unnest($1::bigint[]) AS wanted (link_id),
   LATERAL (
     SELECT count(*) AS people FROM (
       SELECT FROM reports AS report JOIN users AS reporter ON reporter.user_id = report.reporter_id
       WHERE report.link_id = wanted.link_id AND report.resolved_at IS NULL
         AND report.report_id - report.reporter_id >= $2::bigint
         AND reporter.suspended_at IS NULL AND reporter.deleted_at IS NULL
         AND NOT EXISTS (
           SELECT FROM reports AS earlier WHERE earlier.link_id = report.link_id
             AND earlier.reporter_id = report.reporter_id AND earlier.resolved_at IS NOT NULL)
       GROUP BY report.reporter_id LIMIT $3) AS counted) AS signed_in,
   LATERAL (
     SELECT count(*) = 1 AS told FROM (
       SELECT FROM reports WHERE link_id = wanted.link_id AND reporter_id IS NULL
       GROUP BY reporter_id HAVING bool_and(resolved_at IS NULL)) AS unknown) AS anonymous
   WHERE signed_in.people > 0 AND signed_in.people + anonymous.told::integer >= $3`,
);

/** A page of the links of the reporters' open reports, above `after`. */
export const pageLinksReportedBy = readStatement<
  [reporterIds: readonly Id[], after: Id, limit: number],
  { readonly link_id: Id }
>(
  'reports_page_links_of_reporters',
  `SELECT DISTINCT link_id FROM reports
   WHERE reporter_id = ANY ($1) AND resolved_at IS NULL AND link_id IS NOT NULL AND link_id > $2
   ORDER BY link_id LIMIT $3`,
);
