/** A new password for who forgot theirs. */
import { Type } from 'typebox';
import type { Writes } from '../../../http/idempotency.ts';
import type { App } from '../../../http/server.ts';
import { EMAIL_LENGTH_MAX } from '../users/email.ts';
import { USERNAME_LENGTH_MAX } from '../users/username.ts';
import { PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN } from './password.ts';
import { accountNamed, type PasswordResets } from './password-resets.ts';

export interface PasswordResetsRoutesDeps {
  readonly writes: Writes;
  readonly passwordResets: PasswordResets;
}

const Request = Type.Object(
  {
    username: Type.Optional(
      Type.String({ minLength: 1, maxLength: USERNAME_LENGTH_MAX, examples: ['alice'] }),
    ),
    email: Type.Optional(Type.String({ minLength: 1, maxLength: EMAIL_LENGTH_MAX })),
  },
  { additionalProperties: false, description: 'Either the username or the email.' },
);

const Requested = Type.Object({ detail: Type.String({ description: 'What happens now, for a person.' }) });

const REQUESTED = {
  detail: 'If there is such an account and it has an address, a mail with a link is on its way.',
};

const tags = ['password resets'];

export function passwordResetsRoutes(app: App, { writes, passwordResets }: PasswordResetsRoutesDeps): void {
  app.post(
    '/password-resets',
    {
      config: { access: 'public', limit: 'sign-in', idempotent: false },
      schema: {
        tags,
        summary: 'Ask for a mail to set a new password',
        description: 'The answer is the same whether there is such an account or not.',
        operationId: 'createPasswordReset',
        body: Request,
        response: { 202: Requested },
      },
    },
    async (request, reply) => {
      passwordResets.request(accountNamed(request.body));
      return reply.code(202).send(REQUESTED);
    },
  );

  app.put(
    '/password-resets/:token',
    {
      config: { access: 'public', limit: 'sign-in' },
      schema: {
        tags,
        summary: 'Set a new password',
        description: 'Works once, and ends all sessions of the account.',
        operationId: 'usePasswordReset',
        params: Type.Object({
          token: Type.String({ maxLength: 100, description: 'The last part of the link in the mail.' }),
        }),
        body: Type.Object(
          { password: Type.String({ minLength: PASSWORD_LENGTH_MIN, maxLength: PASSWORD_LENGTH_MAX }) },
          { additionalProperties: false },
        ),
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { token } = request.params;
      const repeated = await writes.isRepeated(request);
      const reset = repeated ? undefined : await passwordResets.prepare(token, request.body.password);
      return writes.answer(request, reply, 204, (transaction) => passwordResets.use(transaction, reset));
    },
  );
}
