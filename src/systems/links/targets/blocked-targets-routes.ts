/** What moderators forbid as a target, or warn of. */
import { type Static, Type } from 'typebox';
import { idTimestamp, parseId } from '../../../core/ids.ts';
import { callerOf } from '../../../http/auth.ts';
import type { Writes } from '../../../http/idempotency.ts';
import { reference } from '../../../http/openapi.ts';
import { PageQuery, pageOf, pageRequest, presentPage } from '../../../http/paging.ts';
import type { App } from '../../../http/server.ts';
import { IdText } from '../../../http/user-schema.ts';
import {
  BLOCK_ACTIONS,
  BLOCK_REASON_LENGTH_MAX,
  BLOCKED_TARGET_LENGTH_MAX,
  type BlockAction,
  type BlockedTarget,
  type BlockedTargets,
} from './blocked-targets.ts';

const Action = Type.Unsafe<BlockAction>({
  type: 'string',
  enum: [...BLOCK_ACTIONS],
  description: 'block: no link leads there. warn: whoever opens a link to it is asked first.',
});

export const BlockedTargetSchema = Type.Object(
  {
    block_id: IdText,
    target: Type.String({ description: 'A host with all below it, or a host and the beginning of a path.' }),
    action: Action,
    reason: Type.String({ description: 'Read by whoever opens a link to it.' }),
    blocked_by: IdText,
    created_at: Type.String({ format: 'date-time' }),
  },
  { $id: 'BlockedTarget', title: 'BlockedTarget' },
);

export const BLOCKED_TARGET_SCHEMAS = [BlockedTargetSchema] as const;

const Reason = Type.String({
  minLength: 1,
  maxLength: BLOCK_REASON_LENGTH_MAX,
  examples: ['Steals passwords.'],
});

const NewBlockedTargetBody = Type.Object(
  {
    target: Type.String({
      minLength: 1,
      maxLength: BLOCKED_TARGET_LENGTH_MAX,
      examples: ['evil.example/login'],
    }),
    action: Type.Optional({ ...Action, default: 'block' }),
    reason: Reason,
  },
  { additionalProperties: false },
);

const BlockedTargetChangesBody = Type.Object(
  { action: Type.Optional(Action), reason: Type.Optional(Reason) },
  { additionalProperties: false, minProperties: 1 },
);

const BlockIdParams = Type.Object({ block_id: IdText });

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
        summary: 'What no link may lead to, or none without a warning',
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
          'No link may lead there, and those that do are off within a second: 410, with the reason. With the action warn they lead there still, and a page with the reason comes first.',
        operationId: 'blockTarget',
        body: NewBlockedTargetBody,
        response: { 201: reference(BlockedTargetSchema) },
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      return writes.answer(request, reply, 201, async (transaction) =>
        presentBlockedTarget(
          await blockedTargets.add(transaction, userId, { action: 'block', ...request.body }),
        ),
      );
    },
  );
  app.patch(
    '/moderation/blocked-targets/:block_id',
    {
      config: { ...config, problems: [404] },
      schema: {
        tags: ['moderation'],
        summary: 'Block a target that is warned of, or the other way round',
        description: 'What is left out stays as it was.',
        operationId: 'changeBlockedTarget',
        params: BlockIdParams,
        body: BlockedTargetChangesBody,
        response: { 200: reference(BlockedTargetSchema) },
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      const blockId = parseId(request.params.block_id, 'block_id');
      return writes.answer(request, reply, 200, async (transaction) =>
        presentBlockedTarget(await blockedTargets.change(transaction, userId, blockId, request.body)),
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
        description: 'Links to it lead there again, without a warning.',
        operationId: 'unblockTarget',
        params: BlockIdParams,
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
    action: blocked.action,
    reason: blocked.reason,
    blocked_by: String(blocked.blockedBy),
    created_at: idTimestamp(blocked.blockId),
  };
}
