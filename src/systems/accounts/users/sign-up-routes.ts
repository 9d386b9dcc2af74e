/** Signing up. */

import { Type } from 'typebox';
import { hasCode } from '../../../core/errors.ts';
import { NO_COUNTS } from '../../../core/user.ts';
import { keyReused, type Writes } from '../../../http/idempotency.ts';
import type { App } from '../../../http/server.ts';
import type { SqlStore } from '../../../ports/sql-store/sql-store.ts';
import type { CheckedAccount, Credentials } from '../credentials/credentials.ts';
import { PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN } from '../credentials/password.ts';
import type { Registration } from '../registration.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { clientOf, presentNewSession, TokenFields } from '../sessions/sessions-routes.ts';
import { EMAIL_LENGTH_MAX } from './email.ts';
import { DISPLAY_NAME_GRAPHEMES_MAX } from './profile-text.ts';
import type { Profiles } from './profiles.ts';
import { USERNAME_LENGTH_MAX, USERNAME_LENGTH_MIN } from './username.ts';

export interface SignUpRoutesDeps {
  readonly sql: SqlStore;
  readonly writes: Writes;
  readonly registration: Registration;
  readonly credentials: Credentials;
  readonly sessions: Sessions;
  readonly profiles: Profiles;
}

const SignUp = Type.Object(
  {
    username: Type.String({
      minLength: USERNAME_LENGTH_MIN,
      maxLength: USERNAME_LENGTH_MAX,
      description: 'Letters (a to z), digits and `_`; unique whatever the case.',
      examples: ['alice'],
    }),
    password: Type.String({
      minLength: PASSWORD_LENGTH_MIN,
      maxLength: PASSWORD_LENGTH_MAX,
      description: 'Not the username.',
      examples: ['a good long one'],
    }),
    display_name: Type.Optional(
      Type.String({
        description: `At most ${DISPLAY_NAME_GRAPHEMES_MAX} characters as a reader counts them; without one, the username.`,
        examples: ['Alice'],
      }),
    ),
    email: Type.Optional(
      Type.String({
        maxLength: EMAIL_LENGTH_MAX,
        description: 'Only for resetting the password.',
        examples: ['alice@example.org'],
      }),
    ),
  },
  { additionalProperties: false },
);

const SignedUp = Type.Object({
  ...TokenFields,
  access_token: Type.String({ description: 'To be sent as `Authorization: Bearer <access_token>`.' }),
});

export function signUpRoutes(app: App, deps: SignUpRoutesDeps): void {
  const { sql, writes, registration, credentials, sessions, profiles } = deps;
  app.get(
    '/registration',
    {
      config: { access: 'public' },
      schema: {
        tags: ['users'],
        summary: 'Whether anybody may sign up',
        operationId: 'getRegistration',
        response: {
          200: Type.Object({
            open: Type.Boolean({ description: 'If not, the people who run the server make accounts.' }),
          }),
        },
      },
    },
    async () => ({ open: registration.isOpen }),
  );

  app.post(
    '/users',
    {
      config: { access: 'public', limit: 'sign-up', problems: [401, 403] },
      schema: {
        tags: ['users'],
        summary: 'Sign up',
        operationId: 'createUser',
        body: SignUp,
        response: { 201: SignedUp },
      },
    },
    async (request, reply) => {
      const { username, password, display_name: displayName, email } = request.body;
      const client = clientOf(request);
      return writes.answerUnstored(request, reply, 201, {
        prepare: () => registration.prepare(username, password),
        async run(transaction, passwordHash) {
          const user = { username, displayName, email };
          const { account, session } = await registration.register(transaction, user, passwordHash, client);
          return presentNewSession(account, session, NO_COUNTS);
        },
        async repeat() {
          const { account, passwordHash } = await checkAgain(credentials, username, password);
          const session = await sql.transaction((transaction) =>
            sessions.start(transaction, account.userId, passwordHash, client),
          );
          return presentNewSession(account, session, await profiles.countsOf(account.userId));
        },
      });
    },
  );
}

/** The password is no part of what the key remembers, so the account must. */
async function checkAgain(
  credentials: Credentials,
  username: string,
  password: string,
): Promise<CheckedAccount> {
  return credentials.check(username, password).catch((error: unknown) => {
    throw hasCode(error, 'unauthenticated') ? keyReused() : error;
  });
}
