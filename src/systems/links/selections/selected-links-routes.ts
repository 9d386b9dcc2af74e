/** Many links of one's own, deleted or changed in one call. */
import { type Static, Type } from 'typebox';
import { type Id, parseId } from '../../../core/ids.ts';
import { callerOf } from '../../../http/auth.ts';
import type { Writes } from '../../../http/idempotency.ts';
import type { App } from '../../../http/server.ts';
import { IdText } from '../../../http/user-schema.ts';
import { timeOf } from '../link-fields-routes.ts';
import { LinkChangesBody } from '../link-schemas-routes.ts';
import {
  SELECTED_LINKS_MAX,
  SELECTION_OUTCOMES,
  type SelectedLinks,
  type SelectionOutcome,
  type SelectionResult,
} from './selected-links.ts';

const LinkIds = Type.Array(IdText, {
  minItems: 1,
  maxItems: SELECTED_LINKS_MAX,
  description: 'Of your links. What is named twice counts once.',
});

const { enabled, expires_at, tags } = LinkChangesBody.properties;

const SelectionChangesSchema = Type.Object(
  {
    add_tags: tags,
    remove_tags: tags,
    ...{ enabled, expires_at },
  },
  {
    additionalProperties: false,
    minProperties: 1,
    description: 'What is left out stays. Tags are removed before others are added.',
  },
);

export const SelectionResultsSchema = Type.Object(
  {
    items: Type.Array(
      Type.Object({
        link_id: IdText,
        outcome: Type.Unsafe<SelectionOutcome>({
          type: 'string',
          enum: [...SELECTION_OUTCOMES],
          description:
            'not_found: there is no such link of yours. refused: it cannot be changed so, and stays as it was.',
        }),
        reason: Type.Optional(Type.String({ description: 'Why it was refused.' })),
      }),
      { description: 'One for each link, in the order in which they were named.' },
    ),
  },
  { title: 'LinkSelectionResults' },
);

export interface SelectedLinksRoutesDeps {
  readonly writes: Writes;
  readonly selectedLinks: SelectedLinks;
}

export function selectedLinksRoutes(app: App, { writes, selectedLinks }: SelectedLinksRoutesDeps): void {
  const config = { access: 'user', scope: 'links:write', limit: 'bulk' } as const;
  app.post(
    '/links/bulk/delete',
    {
      config,
      schema: {
        tags: ['links'],
        summary: 'Delete many links of yours',
        description:
          'Those that are named, together or, when this fails, none. They lead nowhere from then on, within a second, and their codes are never given to other links.',
        operationId: 'deleteLinks',
        body: Type.Object({ link_ids: LinkIds }, { additionalProperties: false }),
        response: { 200: SelectionResultsSchema },
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      const linkIds = idsOf(request.body.link_ids);
      return writes.answer(request, reply, 200, async (transaction) =>
        presentResults(await selectedLinks.delete(transaction, userId, linkIds)),
      );
    },
  );
  app.post(
    '/links/bulk/update',
    {
      config,
      schema: {
        tags: ['links'],
        summary: 'Change many links of yours',
        description:
          'Those that are named, together or, when this fails, none; a link that cannot be changed so does not stop the others. The changes hold everywhere within a second.',
        operationId: 'updateLinks',
        body: Type.Object(
          { link_ids: LinkIds, changes: SelectionChangesSchema },
          { additionalProperties: false },
        ),
        response: { 200: SelectionResultsSchema },
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      const { link_ids, changes } = request.body;
      const linkIds = idsOf(link_ids);
      return writes.answer(request, reply, 200, async (transaction) =>
        presentResults(
          await selectedLinks.update(transaction, userId, linkIds, {
            addTags: changes.add_tags,
            removeTags: changes.remove_tags,
            enabled: changes.enabled,
            expiresAt: timeOf(changes.expires_at),
          }),
        ),
      );
    },
  );
}

function idsOf(texts: readonly string[]): Id[] {
  return texts.map((text) => parseId(text, 'link_ids'));
}

function presentResults(results: readonly SelectionResult[]): Static<typeof SelectionResultsSchema> {
  return {
    items: results.map(({ linkId, outcome, reason }) => ({
      link_id: String(linkId),
      outcome,
      ...(reason === undefined ? {} : { reason }),
    })),
  };
}
