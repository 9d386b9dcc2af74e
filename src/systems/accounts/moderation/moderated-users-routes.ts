/** People as the staff sees them: also who is suspended. */
import { type Static, Type } from 'typebox';
import { invalidField } from '../../../core/errors.ts';
import { idTimestamp, parseId } from '../../../core/ids.ts';
import { reference } from '../../../http/openapi.ts';
import { PageQuery, pageOf, pageStart, presentPage } from '../../../http/paging.ts';
import type { App } from '../../../http/server.ts';
import { IdText, idsText } from '../../../http/user-schema.ts';
import { pageFrom } from '../page.ts';
import type { Account } from '../users/user-rows.ts';
import { USERNAME_LENGTH_MAX } from '../users/username.ts';
import type { Users } from '../users/users.ts';

export const ASKED_IDS_MAX = 100;

export const Role = Type.Enum(['user', 'moderator', 'administrator']);

export const ModeratedUserSchema = Type.Object(
  {
    user_id: IdText,
    username: Type.String(),
    display_name: Type.String(),
    role: Role,
    suspended_at: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
      description: 'Null: not suspended.',
    }),
    created_at: Type.String({ format: 'date-time' }),
  },
  { $id: 'ModeratedUser', title: 'ModeratedUser', description: 'A user as the staff sees one.' },
);

const Query = Type.Object(
  {
    ...PageQuery.properties,
    username: Type.Optional(
      Type.String({
        maxLength: USERNAME_LENGTH_MAX,
        description: 'Only the one of this name, whatever the case.',
      }),
    ),
    user_ids: Type.Optional(idsText(ASKED_IDS_MAX, 'Only these')),
  },
  { additionalProperties: false },
);

export function moderatedUsersRoutes(app: App, { users }: { readonly users: Users }): void {
  app.get(
    '/moderation/users',
    {
      config: { access: 'moderator' },
      schema: {
        tags: ['moderation'],
        summary: 'Users, the newest first',
        description: 'Also those who are suspended, but none who deleted their account.',
        operationId: 'listModeratedUsers',
        querystring: Query,
        response: { 200: pageOf(reference(ModeratedUserSchema)) },
      },
    },
    async ({ query }) => {
      const { username, user_ids: userIds, limit } = query;
      if (username !== undefined && userIds !== undefined)
        throw invalidField('user_ids', 'cannot be asked for together with a username.');
      if (username !== undefined) {
        const account = await users.findAccount(username);
        return whole(account === undefined ? [] : [account]);
      }
      if (userIds !== undefined) return whole(await users.getAccounts(idsOf(userIds)));
      const accounts = await users.pageAccounts(pageStart(query), limit + 1);
      const page = pageFrom(
        accounts,
        limit,
        (account) => account.userId,
        (account) => account,
      );
      return presentPage(page, presentModerated);
    },
  );
}

export function presentModerated(account: Account): Static<typeof ModeratedUserSchema> {
  const { userId, username, displayName, role, suspendedAt } = account;
  return {
    user_id: String(userId),
    username,
    display_name: displayName,
    role,
    suspended_at: suspendedAt?.toISOString() ?? null,
    created_at: idTimestamp(userId),
  };
}

function whole(accounts: readonly Account[]) {
  const newestFirst = [...accounts].sort((left, right) => right.userId - left.userId);
  return { items: newestFirst.map(presentModerated), next_page_token: null };
}

function idsOf(text: string): readonly number[] {
  const ids = text.split(',').filter((id) => id !== '');
  if (ids.length > ASKED_IDS_MAX) throw invalidField('user_ids', `must be at most ${ASKED_IDS_MAX}.`);
  return ids.map((id) => parseId(id, 'user_ids'));
}
