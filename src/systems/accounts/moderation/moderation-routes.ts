/** Reports to the moderators, and what they do. */
import { type Static, Type } from 'typebox';
import { type Id, idTimestamp, parseId } from '../../../core/ids.ts';
import { callerOf } from '../../../http/auth.ts';
import type { Writes } from '../../../http/idempotency.ts';
import { reference } from '../../../http/openapi.ts';
import { PageQuery, pageOf, pageStart, presentPage } from '../../../http/paging.ts';
import type { App } from '../../../http/server.ts';
import { IdText, UserIdParams } from '../../../http/user-schema.ts';
import type { Users } from '../users/users.ts';
import type { AuditEntry, AuditLog } from './audit-log.ts';
import {
  ModeratedUserSchema,
  moderatedUsersRoutes,
  presentModerated,
  Role,
} from './moderated-users-routes.ts';
import { type Moderation, SUSPENSION_REASON_GRAPHEMES_MAX } from './moderation.ts';
import type { ReportedPosts } from './reported-posts.ts';
import { reportedPostsRoutes } from './reported-posts-routes.ts';
import {
  COMMENT_GRAPHEMES_MAX,
  NOTE_GRAPHEMES_MAX,
  REASON_GRAPHEMES_MAX,
  REPORT_STATUSES,
  type Report,
  type ReportedLink,
  type Reports,
} from './reports.ts';

export interface ModerationRoutesDeps {
  readonly writes: Writes;
  readonly users: Users;
  readonly reports: Reports;
  readonly reportedPosts: ReportedPosts;
  readonly moderation: Moderation;
  readonly auditLog: AuditLog;
}

const SHORT_URL_LENGTH_MAX = 400;

const OptionalId = Type.Union([IdText, Type.Null()]);
const OptionalTime = Type.Union([Type.String({ format: 'date-time' }), Type.Null()]);

export const ReportSchema = Type.Object(
  {
    report_id: IdText,
    reporter_id: Type.Union([IdText, Type.Null()], {
      description: 'Null: someone who was not signed in, about a link.',
    }),
    user_id: Type.Union([IdText, Type.Null()], { description: 'Who is reported, if it is a user.' }),
    post_id: Type.Union([IdText, Type.Null()], { description: 'What is reported, if it is a post.' }),
    link_id: Type.Union([IdText, Type.Null()], { description: 'What is reported, if it is a link.' }),
    link: Type.Union(
      [
        Type.Object({
          owner_id: IdText,
          short_url: Type.String(),
          targets: Type.Array(Type.String(), { description: 'All that it may have led to.' }),
        }),
        Type.Null(),
      ],
      { description: 'As it was when it was reported. Only moderators see it.' },
    ),
    reason: Type.String({ examples: ['spam'] }),
    comment: Type.String(),
    status: Type.Enum([...REPORT_STATUSES]),
    created_at: Type.String({ format: 'date-time' }),
    resolved_at: OptionalTime,
    resolved_by_id: OptionalId,
    note: Type.Union([Type.String(), Type.Null()], { description: 'Of who resolved it.' }),
  },
  { $id: 'Report', title: 'Report' },
);

export const AuditEntrySchema = Type.Object(
  {
    entry_id: IdText,
    actor_id: Type.Union([IdText, Type.Null()], { description: 'Null: the command line of the server.' }),
    action: Type.String({ description: 'What was done.', examples: ['user_suspended'] }),
    user_id: OptionalId,
    report_id: OptionalId,
    detail: Type.String({ description: 'Such as the reason, or the old and the new role.' }),
    created_at: Type.String({ format: 'date-time' }),
  },
  { $id: 'AuditEntry', title: 'AuditEntry' },
);

/** Those of this file that documents refer to. */
export const MODERATION_SCHEMAS = [ReportSchema, ModeratedUserSchema, AuditEntrySchema] as const;

const tags = ['moderation'];

export function moderationRoutes(app: App, deps: ModerationRoutesDeps): void {
  reportsRoutes(app, deps);
  reportedPostsRoutes(app, deps);
  moderatedUsersRoutes(app, deps);
  staffRoutes(app, deps);
}

function reportsRoutes(app: App, { writes, reports }: ModerationRoutesDeps): void {
  app.post(
    '/reports',
    {
      config: { access: 'optional', scope: 'reports:write', limit: 'report', problems: [404, 409] },
      schema: {
        tags,
        summary: 'Report a user, a post or a link to the moderators',
        description: 'Links can be reported by anyone who was given one; for the rest, sign in.',
        operationId: 'createReport',
        body: Type.Object(
          {
            user_id: Type.Optional(IdText),
            post_id: Type.Optional(IdText),
            link_id: Type.Optional(IdText),
            code: Type.Optional(
              Type.String({
                minLength: 1,
                maxLength: SHORT_URL_LENGTH_MAX,
                description: 'Of a link, or its short URL.',
                examples: ['https://go.example/4fTq9Zb'],
              }),
            ),
            reason: text(REASON_GRAPHEMES_MAX),
            comment: Type.Optional(text(COMMENT_GRAPHEMES_MAX)),
          },
          { additionalProperties: false, description: 'With one of user_id, post_id, link_id and code.' },
        ),
        response: { 201: reference(ReportSchema) },
      },
    },
    async (request, reply) => {
      const { user_id: userId, post_id: postId, link_id: linkId, code, reason, comment } = request.body;
      const report = {
        userId: optionalId(userId, 'user_id'),
        postId: optionalId(postId, 'post_id'),
        link:
          linkId === undefined && code === undefined
            ? undefined
            : { linkId: optionalId(linkId, 'link_id'), code },
        reason,
        comment,
      };
      return writes.answer(request, reply, 201, async (transaction) => ({
        ...presentReport(await reports.create(transaction, request.principal?.userId, report)),
        // It may have a password, or a limit.
        link: null,
      }));
    },
  );

  app.get(
    '/moderation/reports',
    {
      config: { access: 'moderator' },
      schema: {
        tags,
        summary: 'Reports, the newest first',
        operationId: 'listReports',
        querystring: Type.Object(
          {
            ...PageQuery.properties,
            status: Type.Optional(
              Type.Enum([...REPORT_STATUSES], { description: 'Only these; all by default.' }),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 200: pageOf(reference(ReportSchema)) },
      },
    },
    async (request) => {
      const { status, limit } = request.query;
      const page = await reports.page(status, pageStart(request.query), limit);
      return presentPage(page, presentReport);
    },
  );

  app.post(
    '/moderation/reports/:report_id/resolve',
    {
      config: { access: 'moderator' },
      schema: {
        tags,
        summary: 'Close a report',
        operationId: 'resolveReport',
        params: Type.Object({ report_id: IdText }),
        body: Type.Union([
          Type.Object({ note: Type.Optional(text(NOTE_GRAPHEMES_MAX)) }, { additionalProperties: false }),
          Type.Null(),
        ]),
        response: { 200: reference(ReportSchema) },
      },
    },
    async (request, reply) => {
      const reportId = parseId(request.params.report_id, 'report_id');
      const note = request.body?.note ?? '';
      return writes.answer(request, reply, 200, async (transaction) =>
        presentReport(await reports.resolve(transaction, callerOf(request).userId, reportId, note)),
      );
    },
  );
}

function staffRoutes(app: App, { writes, moderation, auditLog }: ModerationRoutesDeps): void {
  app.post(
    '/moderation/users/:user_id/suspend',
    {
      config: { access: 'moderator' },
      schema: {
        tags,
        summary: 'Suspend a user',
        description: 'Ends their sessions and hides them. Staff can only be suspended by an administrator.',
        operationId: 'suspendUser',
        params: UserIdParams,
        body: Type.Object({ reason: text(SUSPENSION_REASON_GRAPHEMES_MAX) }, { additionalProperties: false }),
        response: { 200: reference(ModeratedUserSchema) },
      },
    },
    async (request, reply) => {
      const userId = parseId(request.params.user_id, 'user_id');
      const { reason } = request.body;
      return writes.answer(request, reply, 200, async (transaction) =>
        presentModerated(await moderation.suspend(transaction, callerOf(request), userId, reason)),
      );
    },
  );

  app.post(
    '/moderation/users/:user_id/restore',
    {
      config: { access: 'moderator' },
      schema: {
        tags,
        summary: 'Undo a suspension',
        operationId: 'restoreUser',
        params: UserIdParams,
        response: { 200: reference(ModeratedUserSchema) },
      },
    },
    async (request, reply) => {
      const userId = parseId(request.params.user_id, 'user_id');
      return writes.answer(request, reply, 200, async (transaction) =>
        presentModerated(await moderation.restore(transaction, callerOf(request), userId)),
      );
    },
  );

  app.put(
    '/moderation/users/:user_id/role',
    {
      config: { access: 'administrator' },
      schema: {
        tags,
        summary: 'Appoint or dismiss staff',
        operationId: 'setUserRole',
        params: UserIdParams,
        body: Type.Object({ role: Role }, { additionalProperties: false }),
        response: { 200: reference(ModeratedUserSchema) },
      },
    },
    async (request, reply) => {
      const userId = parseId(request.params.user_id, 'user_id');
      const { role } = request.body;
      return writes.answer(request, reply, 200, async (transaction) =>
        presentModerated(await moderation.setRole(transaction, callerOf(request), userId, role)),
      );
    },
  );

  app.get(
    '/moderation/audit',
    {
      config: { access: 'administrator' },
      schema: {
        tags,
        summary: 'What the staff did, the newest first',
        operationId: 'listAuditEntries',
        querystring: PageQuery,
        response: { 200: pageOf(reference(AuditEntrySchema)) },
      },
    },
    async (request) => {
      const page = await auditLog.page(pageStart(request.query), request.query.limit);
      return presentPage(page, presentEntry);
    },
  );
}

function text(graphemesMax: number) {
  return Type.String({
    description: `At most ${graphemesMax} characters as a reader counts them.`,
  });
}

function optionalId(text: string | undefined, field: string): Id | undefined {
  return text === undefined ? undefined : parseId(text, field);
}

function optionalText(id: Id | null): string | null {
  return id === null ? null : String(id);
}

function presentReport(report: Report): Static<typeof ReportSchema> {
  const { reason, comment, status, note } = report;
  return {
    report_id: String(report.reportId),
    reporter_id: optionalText(report.reporterId),
    user_id: optionalText(report.userId),
    post_id: optionalText(report.postId),
    link_id: optionalText(report.link?.linkId ?? null),
    link: report.link === null ? null : presentLink(report.link),
    reason,
    comment,
    status,
    created_at: idTimestamp(report.reportId),
    resolved_at: report.resolvedAt?.toISOString() ?? null,
    resolved_by_id: optionalText(report.resolvedById),
    note,
  };
}

function presentLink({ ownerId, shortUrl, targets }: ReportedLink) {
  return { owner_id: String(ownerId), short_url: shortUrl, targets: [...targets] };
}

function presentEntry(entry: AuditEntry): Static<typeof AuditEntrySchema> {
  const { action, detail } = entry;
  return {
    entry_id: String(entry.entryId),
    actor_id: optionalText(entry.actorId),
    action,
    user_id: optionalText(entry.userId),
    report_id: optionalText(entry.reportId),
    detail,
    created_at: idTimestamp(entry.entryId),
  };
}
