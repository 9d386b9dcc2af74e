/** Following, muting, blocking, and the lists of it. */

import { Type } from 'typebox';
import { type Id, idTimestamp, parseId } from '../../../core/ids.ts';
import type { Page } from '../../../core/page.ts';
import type { Profile, Relationship } from '../../../core/user.ts';
import { callerOf } from '../../../http/auth.ts';
import type { Writes } from '../../../http/idempotency.ts';
import { reference } from '../../../http/openapi.ts';
import { PageQuery, pageOf, pageRequest, presentPage } from '../../../http/paging.ts';
import type { App } from '../../../http/server.ts';
import {
  presentRelationship,
  presentUser,
  RelationshipSchema,
  UserIdParams,
  UserSchema,
} from '../../../http/user-schema.ts';
import type { SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import type { Blocks } from './blocks.ts';
import type { FollowRequest, FollowRequests } from './follow-requests.ts';
import type { Follows } from './follows.ts';
import type { Mutes } from './mutes.ts';
import type { RelationshipLists } from './relationship-lists.ts';
import type { Relationships, Target } from './relationships.ts';

export interface RelationshipRoutesDeps {
  readonly writes: Writes;
  readonly relationships: Relationships;
  readonly follows: Follows;
  readonly followRequests: FollowRequests;
  readonly mutes: Mutes;
  readonly blocks: Blocks;
  readonly lists: RelationshipLists;
}

const UserPage = pageOf(reference(UserSchema));

const FollowRequestSchema = Type.Object(
  { user: reference(UserSchema), requested_at: Type.String({ format: 'date-time' }) },
  { $id: 'FollowRequest', title: 'FollowRequest' },
);

/** Schemas that the routes refer to. */
export const RELATIONSHIP_SCHEMAS = [FollowRequestSchema] as const;

export function relationshipRoutes(app: App, deps: RelationshipRoutesDeps): void {
  changeRoutes(app, deps);
  userListRoutes(app, deps);
  ownListRoutes(app, deps);
}

type ChangeMethod = 'PUT' | 'DELETE' | 'POST';
type Change = (transaction: SqlTransaction, viewerId: Id, target: Target) => Promise<Relationship>;

/** Every call that changes something between the caller and one other user: they differ in nothing else. */
function changeRoutes(app: App, deps: RelationshipRoutesDeps): void {
  const { writes, relationships, follows, followRequests, mutes, blocks } = deps;
  const route = (method: ChangeMethod, url: string, operationId: string, summary: string, change: Change) =>
    app.route({
      method,
      url,
      config: { access: 'user', scope: 'relationships:write' },
      schema: {
        tags: ['relationships'],
        summary,
        operationId,
        params: UserIdParams,
        response: { 200: reference(RelationshipSchema) },
      },
      handler: async (request, reply) => {
        const { userId: viewerId } = callerOf(request);
        const target = await relationships.getTarget(parseId(request.params.user_id, 'user_id'));
        return writes.answer(request, reply, 200, async (transaction) =>
          presentRelationship(target.userId, await change(transaction, viewerId, target)),
        );
      },
    });
  const { follow, unfollow, removeFollower } = follows;
  route('PUT', '/users/:user_id/follow', 'followUser', 'Follow, or ask to follow a locked account', follow);
  route('DELETE', '/users/:user_id/follow', 'unfollowUser', 'Unfollow, or withdraw a request', unfollow);
  route('DELETE', '/users/:user_id/follower', 'removeFollower', 'Remove a follower', removeFollower);
  route('PUT', '/users/:user_id/mute', 'muteUser', 'Mute: see nothing of theirs in your feed', mutes.mute);
  route('DELETE', '/users/:user_id/mute', 'unmuteUser', 'Unmute', mutes.unmute);
  route(
    'PUT',
    '/users/:user_id/block',
    'blockUser',
    'Block: end follows both ways, see no more',
    blocks.block,
  );
  route('DELETE', '/users/:user_id/block', 'unblockUser', 'Unblock', blocks.unblock);
  const { accept, reject } = followRequests;
  route('POST', '/follow_requests/:user_id/accept', 'acceptFollowRequest', 'Let them follow you', accept);
  route('POST', '/follow_requests/:user_id/reject', 'rejectFollowRequest', 'Refuse a follower', reject);
}

/** The lists of any user. */
function userListRoutes(app: App, { lists }: RelationshipRoutesDeps): void {
  const route = (url: string, operationId: string, summary: string, page: RelationshipLists['followers']) =>
    app.get(
      url,
      {
        config: { access: 'optional', scope: 'relationships:read' },
        schema: {
          tags: ['relationships'],
          summary,
          description: 'Newest first. Of a locked account only its followers may see it.',
          operationId,
          params: UserIdParams,
          querystring: PageQuery,
          response: { 200: UserPage },
        },
      },
      async ({ params, query, principal }) => {
        const userId = parseId(params.user_id, 'user_id');
        return presentUsers(await page(principal?.userId, userId, pageRequest(query)));
      },
    );
  route('/users/:user_id/followers', 'listFollowers', 'Who follows the user', lists.followers);
  route('/users/:user_id/following', 'listFollowing', 'Whom the user follows', lists.following);
}

/** What is the caller's alone. */
function ownListRoutes(app: App, { lists, followRequests }: RelationshipRoutesDeps): void {
  const options = { config: { access: 'user', scope: 'relationships:read' } } as const;
  const schema = { tags: ['relationships'], querystring: PageQuery };
  const users = { ...schema, response: { 200: UserPage } };
  app.get(
    '/mutes',
    { ...options, schema: { ...users, operationId: 'listMutes', summary: 'Whom you mute, newest first' } },
    async (request) => presentUsers(await lists.mutes(callerOf(request).userId, pageRequest(request.query))),
  );
  app.get(
    '/blocks',
    { ...options, schema: { ...users, operationId: 'listBlocks', summary: 'Whom you block, newest first' } },
    async (request) => presentUsers(await lists.blocks(callerOf(request).userId, pageRequest(request.query))),
  );
  app.get(
    '/follow_requests',
    {
      ...options,
      schema: {
        ...schema,
        operationId: 'listFollowRequests',
        summary: 'Who asks to follow you, newest first',
        response: { 200: pageOf(reference(FollowRequestSchema)) },
      },
    },
    async (request) => {
      const page = await followRequests.page(callerOf(request).userId, pageRequest(request.query));
      return presentPage(page, presentFollowRequest);
    },
  );
}

function presentUsers(page: Page<Profile>) {
  return presentPage(page, presentUser);
}

function presentFollowRequest({ requestId, requester }: FollowRequest) {
  return { user: presentUser(requester), requested_at: idTimestamp(requestId) };
}
