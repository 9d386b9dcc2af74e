/** Links as moderators see them, turn one off, or warn of it. */
import { type Static, Type } from 'typebox';
import { idTimestamp, parseId } from '../../../core/ids.ts';
import { callerOf } from '../../../http/auth.ts';
import type { Writes } from '../../../http/idempotency.ts';
import { reference } from '../../../http/openapi.ts';
import type { App } from '../../../http/server.ts';
import { IdText } from '../../../http/user-schema.ts';
import { LINK_REASON_LENGTH_MAX, type ModeratedLink, type ModeratedLinks } from './moderated-links.ts';

export const ModeratedLinkSchema = Type.Object(
  {
    link_id: IdText,
    owner_id: IdText,
    short_url: Type.String(),
    targets: Type.Array(Type.String(), { description: 'All that it may lead to, the usual one first.' }),
    title: Type.String(),
    disabled_reason: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'Read by whoever opens it. Null: it is not turned off.',
    }),
    warning_reason: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'Read by whoever opens it, before it leads on. Null: the staff does not warn of this one.',
    }),
    reported: Type.Boolean({
      description: 'A warning says that several people have reported it, until their reports are closed.',
    }),
    created_at: Type.String({ format: 'date-time' }),
  },
  { $id: 'ModeratedLink', title: 'ModeratedLink', description: 'A link as the staff sees one.' },
);

export const MODERATED_LINK_SCHEMAS = [ModeratedLinkSchema] as const;

export interface ModeratedLinkRoutesDeps {
  readonly writes: Writes;
  readonly moderatedLinks: ModeratedLinks;
}

const config = { access: 'moderator' } as const;
const tags = ['moderation'];
const params = Type.Object({ link_id: IdText });
const response = { 200: reference(ModeratedLinkSchema) };
const reasonBody = (example: string) =>
  Type.Object(
    { reason: Type.String({ minLength: 1, maxLength: LINK_REASON_LENGTH_MAX, examples: [example] }) },
    { additionalProperties: false },
  );

export function moderatedLinkRoutes(app: App, { writes, moderatedLinks }: ModeratedLinkRoutesDeps): void {
  app.get(
    '/moderation/links/:link_id',
    { config, schema: { tags, summary: 'Any link', operationId: 'getModeratedLink', params, response } },
    async ({ params }) => present(await moderatedLinks.get(linkIdOf(params))),
  );
  app.post(
    '/moderation/links/:link_id/disable',
    {
      config,
      schema: {
        tags,
        summary: 'Turn a link off',
        description:
          'It leads nowhere within a second: 410, with the reason. To turn off all links to a page, block the target.',
        operationId: 'disableLink',
        params,
        body: reasonBody('Pretends to be a bank.'),
        response,
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      const { reason } = request.body;
      return writes.answer(request, reply, 200, async (transaction) =>
        present(await moderatedLinks.disable(transaction, userId, linkIdOf(request.params), reason)),
      );
    },
  );
  app.post(
    '/moderation/links/:link_id/enable',
    {
      config,
      schema: { tags, summary: 'Turn a link on again', operationId: 'enableLink', params, response },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      return writes.answer(request, reply, 200, async (transaction) =>
        present(await moderatedLinks.enable(transaction, userId, linkIdOf(request.params))),
      );
    },
  );
  app.post(
    '/moderation/links/:link_id/warn',
    {
      config,
      schema: {
        tags,
        summary: 'Warn of a link',
        description:
          'Within a second a page with the reason comes before it. To warn of all links to a page, put the target on the list of blocked targets, with the action warn.',
        operationId: 'warnOfLink',
        params,
        body: reasonBody('Asks for more than it says.'),
        response,
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      const { reason } = request.body;
      return writes.answer(request, reply, 200, async (transaction) =>
        present(await moderatedLinks.warn(transaction, userId, linkIdOf(request.params), reason)),
      );
    },
  );
  app.post(
    '/moderation/links/:link_id/unwarn',
    {
      config,
      schema: {
        tags,
        summary: 'Warn of a link no more',
        description: 'A warning because of reports goes when they are closed.',
        operationId: 'unwarnOfLink',
        params,
        response,
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      return writes.answer(request, reply, 200, async (transaction) =>
        present(await moderatedLinks.unwarn(transaction, userId, linkIdOf(request.params))),
      );
    },
  );
}

function linkIdOf({ link_id: linkId }: { readonly link_id: string }): number {
  return parseId(linkId, 'link_id');
}

function present(link: ModeratedLink): Static<typeof ModeratedLinkSchema> {
  const { linkId, ownerId, shortUrl, targets, title, disabledReason, warningReason, reported } = link;
  return {
    link_id: String(linkId),
    owner_id: String(ownerId),
    short_url: shortUrl,
    targets: [...targets],
    title,
    disabled_reason: disabledReason ?? null,
    warning_reason: warningReason ?? null,
    reported,
    created_at: idTimestamp(linkId),
  };
}
