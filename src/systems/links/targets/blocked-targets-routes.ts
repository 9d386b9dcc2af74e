/** What moderators forbid as a target. */
import { type Static, Type } from 'typebox';
import { idTimestamp, parseId } from '../../../core/ids.ts';
import { callerOf } from '../../../http/auth.ts';
import type { Writes } from '../../../http/idempotency.ts';
import { reference } from '../../../http/openapi.ts';
import { PageQuery, pageOf, pageRequest, presentPage } from '../../../http/paging.ts';
import type { App } from '../../../http/server.ts';
import { IdText } from '../../../http/user-schema.ts';
import {
  BLOCK_REASON_LENGTH_MAX,
  BLOCKED_TARGET_LENGTH_MAX,
  type BlockedTarget,
  type BlockedTargets,
} from './blocked-targets.ts';

export const BlockedTargetSchema = Type.Object(
  {
    block_id: IdText,
    target: Type.String({ description: 'A host with all below it, or a host and the beginning of a path.' }),
    reason: Type.String({ description: 'Read by whoever opens a link to it.' }),
    blocked_by: IdText,
    created_at: Type.String({ format: 'date-time' }),
  },
  { $id: 'BlockedTarget', title: 'BlockedTarget' },
);

export const BLOCKED_TARGET_SCHEMAS = [BlockedTargetSchema] as const;

const NewBlockedTargetBody = Type.Object(
  {
    target: Type.String({
      minLength: 1,
      maxLength: BLOCKED_TARGET_LENGTH_MAX,
      examples: ['evil.example/login'],
    }),
    reason: Type.String({
      minLength: 1,
      maxLength: BLOCK_REASON_LENGTH_MAX,
      examples: ['Steals passwords.'],
    }),
  },
  { additionalProperties: false },
);

export interface BlockedTargetRoutesDeps {
  readonly writes: Writes;
  readonly blockedTargets: BlockedTargets;
}

export function blockedTargetRoutes(app: App, { writes, blockedTargets }: BlockedTargetRoutesDeps): void {
  const config = { access: 'moderator' } as const;
  app.get(
    '/moderation/blocked-targets',
    {
      config,
      schema: {
        tags: ['moderation'],
        summary: 'What no link may lead to',
        operationId: 'listBlockedTargets',
        querystring: PageQuery,
        response: { 200: pageOf(reference(BlockedTargetSchema)) },
      },
    },
    async ({ query }) => presentPage(await blockedTargets.page(pageRequest(query)), presentBlockedTarget),
  );
  app.post(
    '/moderation/blocked-targets',
    {
      config: { ...config, problems: [409] },
      schema: {
        tags: ['moderation'],
        summary: 'Block a target',
        description:
          'No link may lead there, and those that do are off within a second: 410, with the reason.',
        operationId: 'blockTarget',
        body: NewBlockedTargetBody,
        response: { 201: reference(BlockedTargetSchema) },
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      return writes.answer(request, reply, 201, async (transaction) =>
        presentBlockedTarget(await blockedTargets.add(transaction, userId, request.body)),
      );
    },
  );
  app.delete(
    '/moderation/blocked-targets/:block_id',
    {
      config: { ...config, problems: [404] },
      schema: {
        tags: ['moderation'],
        summary: 'Unblock a target',
        description: 'Links to it lead there again.',
        operationId: 'unblockTarget',
        params: Type.Object({ block_id: IdText }),
        response: { 204: Type.Null({ description: 'It is no longer blocked.' }) },
      },
    },
    async (request, reply) =>
      writes.answer(request, reply, 204, (transaction) =>
        blockedTargets.remove(
          transaction,
          callerOf(request).userId,
          parseId(request.params.block_id, 'block_id'),
        ),
      ),
  );
}

function presentBlockedTarget(blocked: BlockedTarget): Static<typeof BlockedTargetSchema> {
  return {
    block_id: String(blocked.blockId),
    target: blocked.target,
    reason: blocked.reason,
    blocked_by: String(blocked.blockedBy),
    created_at: idTimestamp(blocked.blockId),
  };
}
