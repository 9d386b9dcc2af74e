/** One's own account, and the profiles of others. */
import { type Static, Type } from 'typebox';
import { notFound } from '../../../core/errors.ts';
import { type Id, parseId } from '../../../core/ids.ts';
import { PROFILE_PICTURES, type ProfilePicture } from '../../../core/media.ts';
import type { UserCounts } from '../../../core/user.ts';
import { callerOf } from '../../../http/auth.ts';
import { keyReused, type Writes } from '../../../http/idempotency.ts';
import { reference } from '../../../http/openapi.ts';
import { pageOf } from '../../../http/paging.ts';
import type { App } from '../../../http/server.ts';
import { IdText, presentUser, UserIdParams, UserSchema } from '../../../http/user-schema.ts';
import type { Credentials } from '../credentials/credentials.ts';
import { PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN } from '../credentials/password.ts';
import type { OwnAccount } from '../own-account.ts';
import { EMAIL_LENGTH_MAX } from './email.ts';
import type { PictureChoices } from './profile-pictures.ts';
import { BIO_GRAPHEMES_MAX, DISPLAY_NAME_GRAPHEMES_MAX } from './profile-text.ts';
import type { Profiles } from './profiles.ts';
import type { Account } from './user-rows.ts';
import { usernameKey } from './username.ts';
import type { Users } from './users.ts';

export interface UsersRoutesDeps {
  readonly writes: Writes;
  readonly users: Users;
  readonly profiles: Profiles;
  readonly ownAccount: OwnAccount;
  readonly credentials: Credentials;
}

/** What is shown may still be another picture. */
function chosenPicture(picture: ProfilePicture) {
  return Type.Unsafe<string | null>({
    ...IdText,
    type: ['string', 'null'],
    description: `The picture you chose last as your ${picture}. It is shown when it has been processed: see its state.`,
  });
}

export const MeSchema = Type.Object(
  {
    ...UserSchema.properties,
    avatar_media_id: chosenPicture('avatar'),
    header_media_id: chosenPicture('header'),
    email: Type.Union([Type.String(), Type.Null()], { description: 'Shown to nobody but you.' }),
    role: Type.Enum(['user', 'moderator', 'administrator'], { description: 'What you may do.' }),
    tier: Type.Enum(['standard', 'trusted'], { description: 'Trusted accounts have higher rate limits.' }),
  },
  { $id: 'Me', title: 'Me', description: 'Your own account.' },
);

function newPicture(description: string) {
  return Type.Optional(
    Type.Unsafe<string | null>({
      ...IdText,
      type: ['string', 'null'],
      description: `${description} It follows the one before as soon as it is processed. Null removes.`,
    }),
  );
}

const Change = Type.Object(
  {
    display_name: Type.Optional(
      Type.String({
        description: `At most ${DISPLAY_NAME_GRAPHEMES_MAX} characters as a reader counts them; empty: the username.`,
      }),
    ),
    bio: Type.Optional(
      Type.String({
        description: `At most ${BIO_GRAPHEMES_MAX} characters as a reader counts them.`,
      }),
    ),
    locked: Type.Optional(Type.Boolean({ description: 'New followers must ask.' })),
    avatar_media_id: newPicture('A picture that you uploaded, cut to a square around its focus.'),
    header_media_id: newPicture('The same for the top of your page, cut to three times as wide as high.'),
    email: Type.Optional(
      Type.Unsafe<string | null>({
        type: ['string', 'null'],
        maxLength: EMAIL_LENGTH_MAX,
        description: 'Only for resetting the password. Null removes it.',
      }),
    ),
    password: Type.Optional(
      Type.String({
        minLength: PASSWORD_LENGTH_MIN,
        maxLength: PASSWORD_LENGTH_MAX,
        description: 'The new one. Needs `current_password`, and ends all your other sessions.',
      }),
    ),
    current_password: Type.Optional(
      Type.String({ maxLength: PASSWORD_LENGTH_MAX, description: 'Needed with `password`.' }),
    ),
  },
  { additionalProperties: false },
);

const Deletion = Type.Union([
  Type.Object(
    {
      password: Type.Optional(
        Type.String({
          maxLength: PASSWORD_LENGTH_MAX,
          description: 'When it is sent, the account is deleted only if it is the right one.',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  Type.Null(),
]);

/** Those of this file that documents refer to. */
export const USERS_SCHEMAS = [MeSchema] as const;

const tags = ['users'];

export function usersRoutes(app: App, deps: UsersRoutesDeps): void {
  const { writes, users, profiles, ownAccount, credentials } = deps;

  app.get(
    '/users/me',
    {
      config: { access: 'user', scope: 'account:read' },
      schema: { tags, summary: 'Your account', operationId: 'getMe', response: { 200: reference(MeSchema) } },
    },
    async (request) => {
      const { userId } = callerOf(request);
      const [account, counts] = await Promise.all([ownAccount.get(userId), profiles.countsOf(userId)]);
      return presentMe(account, counts);
    },
  );

  app.patch(
    '/users/me',
    {
      config: { access: 'user' },
      schema: {
        tags,
        summary: 'Change your account',
        description: 'What is absent stays.',
        operationId: 'updateMe',
        body: Change,
        response: { 200: reference(MeSchema) },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const {
        display_name: displayName,
        bio,
        locked,
        email,
        password,
        current_password: current,
      } = request.body;
      const pictures = picturesOf(request.body);
      const repeated = await writes.isRepeated(request);
      if (repeated) await checkAgain(caller.userId, password);
      const prepare = password !== undefined && !repeated;
      const passwordChange = prepare
        ? await ownAccount.preparePassword(caller.userId, current, password)
        : undefined;
      // Before the transaction: inside, it would take a second connection while it holds one.
      const counts = await profiles.countsOf(caller.userId);
      return writes.answer(request, reply, 200, async (transaction) => {
        const changed = { displayName, bio, locked, email, pictures };
        const account = await ownAccount.change(transaction, caller, changed, passwordChange);
        return presentMe(account, counts);
      });
    },
  );

  /** The new password is no part of what the key remembers, so the account must. */
  async function checkAgain(userId: Id, password: string | undefined): Promise<void> {
    if (password !== undefined && !(await credentials.verify(userId, password))) throw keyReused();
  }

  app.delete(
    '/users/me',
    {
      config: { access: 'user' },
      schema: {
        tags,
        summary: 'Delete your account',
        description: 'At once and for good. Nobody can take the username afterwards.',
        operationId: 'deleteMe',
        body: Deletion,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      const password = request.body?.password;
      if (password !== undefined) await ownAccount.checkPassword(userId, password);
      return writes.answer(request, reply, 204, (transaction) => ownAccount.close(transaction, userId));
    },
  );

  app.get(
    '/users/:user_id',
    {
      config: { access: 'optional', scope: 'relationships:read' },
      schema: {
        tags,
        summary: 'A user',
        operationId: 'getUser',
        params: UserIdParams,
        response: { 200: reference(UserSchema) },
      },
    },
    async (request) => {
      const userId = parseId(request.params.user_id, 'user_id');
      const [profile] = await profiles.describeUsers(request.principal?.userId, [userId]);
      if (profile === undefined) throw notFound('user');
      return presentUser(profile);
    },
  );

  app.get(
    '/users',
    {
      config: { access: 'optional', scope: 'relationships:read' },
      schema: {
        tags,
        summary: 'The user of a name',
        description: 'A list of one, or of none.',
        operationId: 'findUser',
        querystring: Type.Object(
          {
            username: Type.String({ maxLength: 100, description: 'Whatever the case.', examples: ['alice'] }),
          },
          { additionalProperties: false },
        ),
        response: { 200: pageOf(reference(UserSchema)) },
      },
    },
    async (request) => {
      const { username } = request.query;
      const user = (await users.findUsers([username])).get(usernameKey(username));
      const found = user === undefined ? [] : [user.userId];
      const items = await profiles.describeUsers(request.principal?.userId, found);
      return { items: items.map(presentUser), next_page_token: null };
    },
  );
}

function picturesOf(body: Static<typeof Change>): PictureChoices {
  const choices: { avatar?: Id | null; header?: Id | null } = {};
  for (const picture of PROFILE_PICTURES) {
    const field = `${picture}_media_id` as const;
    const chosen = body[field];
    if (chosen !== undefined) choices[picture] = chosen === null ? null : parseId(chosen, field);
  }
  return choices;
}

function presentMe(account: Account, counts: UserCounts): Static<typeof MeSchema> {
  const { avatarMediaId, headerMediaId, email, role, tier } = account;
  return {
    ...presentUser({ ...account, counts, relationship: null }),
    avatar_media_id: avatarMediaId === null ? null : String(avatarMediaId),
    header_media_id: headerMediaId === null ? null : String(headerMediaId),
    email,
    role,
    tier,
  };
}
