/** Posts that are reported, as moderators read and delete them. */
import { Type } from 'typebox';
import { type Id, parseId } from '../../../core/ids.ts';
import { callerOf } from '../../../http/auth.ts';
import type { Writes } from '../../../http/idempotency.ts';
import type { App } from '../../../http/server.ts';
import { IdText } from '../../../http/user-schema.ts';
import { DELETION_REASON_GRAPHEMES_MAX, type ReportedPosts } from './reported-posts.ts';

export interface ReportedPostsRoutesDeps {
  readonly writes: Writes;
  readonly reportedPosts: ReportedPosts;
}

const config = { access: 'moderator' } as const;
const tags = ['moderation'];
const params = Type.Object({ report_id: IdText });

export function reportedPostsRoutes(app: App, { writes, reportedPosts }: ReportedPostsRoutesDeps): void {
  app.post(
    '/moderation/reports/:report_id/read-post',
    {
      config,
      schema: {
        tags,
        summary: 'Read the post that is reported',
        description:
          'Also one that is not for everyone; each time is in the audit log. Those of the staff only administrators read so.',
        operationId: 'readReportedPost',
        params,
        // The feed's, which the server knows by name.
        response: { 200: Type.Unsafe<object>({ $ref: 'Post#' }) },
      },
    },
    async (request, reply) =>
      writes.answer(request, reply, 200, (transaction) =>
        reportedPosts.read(transaction, callerOf(request), reportIdOf(request.params)),
      ),
  );
  app.post(
    '/moderation/reports/:report_id/delete-post',
    {
      config,
      schema: {
        tags,
        summary: 'Delete the post that is reported',
        description:
          'As if its author had. The report stays open. Those of the staff only administrators delete so.',
        operationId: 'deleteReportedPost',
        params,
        body: Type.Object(
          {
            reason: Type.String({
              description: `For the audit log. At most ${DELETION_REASON_GRAPHEMES_MAX} characters as a reader counts them.`,
            }),
          },
          { additionalProperties: false },
        ),
        response: { 204: Type.Null({ description: 'It is gone.' }) },
      },
    },
    async (request, reply) =>
      writes.answer(request, reply, 204, (transaction) =>
        reportedPosts.delete(transaction, callerOf(request), reportIdOf(request.params), request.body.reason),
      ),
  );
}

function reportIdOf({ report_id: reportId }: { readonly report_id: string }): Id {
  return parseId(reportId, 'report_id');
}
