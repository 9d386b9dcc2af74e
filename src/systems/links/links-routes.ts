/** Every call about links by their owner. */

import { type Static, Type } from 'typebox';
import { type Id, parseId } from '../../core/ids.ts';
import { callerOf } from '../../http/auth.ts';
import {
  claimOf,
  keyInFlight,
  keyReused,
  sendAnswer,
  serialise,
  type Writes,
} from '../../http/idempotency.ts';
import { reference } from '../../http/openapi.ts';
import { PageQuery, pageOf, pageRequest, presentPage } from '../../http/paging.ts';
import type { App } from '../../http/server.ts';
import { LINK_STATES, type Link, type LinkState, TARGET_STATES, type TargetState } from './link.ts';
import type { LinkAddresses } from './link-addresses.ts';
import { TAG_LENGTH_MAX } from './link-draft.ts';
import { timeOf } from './link-fields-routes.ts';
import {
  changesOf,
  LinkChangeSchema,
  LinkChangesBody,
  LinkIdParams,
  LinkSchema,
  NewLinkBody,
  presentChange,
  presentLink,
} from './link-schemas-routes.ts';
import type { Links } from './links.ts';

const LinksQuery = Type.Object(
  {
    ...PageQuery.properties,
    tag: Type.Optional(Type.String({ maxLength: TAG_LENGTH_MAX, description: 'Those that have it.' })),
    search: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 100,
        description: 'Part of the title, target or code, whatever the case.',
      }),
    ),
    created_from: Type.Optional(Type.String({ format: 'date-time', description: 'Made then or later.' })),
    created_before: Type.Optional(Type.String({ format: 'date-time', description: 'Made before.' })),
    state: Type.Optional(
      Type.Unsafe<LinkState>({
        type: 'string',
        enum: [...LINK_STATES],
        description: 'active, or why they lead nowhere.',
      }),
    ),
    target: Type.Optional(
      Type.Unsafe<TargetState>({
        type: 'string',
        enum: [...TARGET_STATES],
        description: 'How their targets were found.',
      }),
    ),
  },
  { additionalProperties: false },
);

export interface LinkRoutesDeps {
  readonly writes: Writes;
  readonly links: Links;
  readonly addresses: LinkAddresses;
  readonly nowMs: () => number;
}

type Present = (link: Link) => Static<typeof LinkSchema>;

export function linkRoutes(app: App, deps: LinkRoutesDeps): void {
  const present: Present = (link) => presentLink(link, deps.addresses, deps.nowMs());
  createRoute(app, deps, present);
  readRoutes(app, deps, present);
  changeRoutes(app, deps, present);
}

/** Written together with those of others, so not through `writes.answer`; its answers are the same. */
function createRoute(app: App, { links }: LinkRoutesDeps, present: Present): void {
  app.post(
    '/links',
    {
      config: { access: 'user', scope: 'links:write', problems: [409] },
      schema: {
        tags: ['links'],
        summary: 'Make a short link',
        operationId: 'createLink',
        body: NewLinkBody,
        response: { 201: reference(LinkSchema) },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const draft = { url: body.url, alias: body.alias, host: body.host, ...changesOf(body) };
      const creation = await links.create(callerOf(request).userId, draft, {
        claim: claimOf(request),
        present: (link) => ({ status: 201, body: serialise(reply, 201, present(link)) }),
      });
      if (creation.outcome === 'key_reused') throw keyReused();
      if (creation.outcome === 'key_in_flight') throw keyInFlight();
      return sendAnswer(reply, creation.answer, creation.outcome === 'replayed');
    },
  );
}

function readRoutes(app: App, { links }: LinkRoutesDeps, present: Present): void {
  const config = { access: 'user', scope: 'links:read' } as const;
  app.get(
    '/links',
    {
      config,
      schema: {
        tags: ['links'],
        summary: 'Your links',
        description:
          'The newest first. With a filter a page may be short, or empty, and yet be followed by another.',
        operationId: 'listLinks',
        querystring: LinksQuery,
        response: { 200: pageOf(reference(LinkSchema)) },
      },
    },
    async (request) => {
      const { query } = request;
      const filter = {
        ...{ tag: query.tag, search: query.search, state: query.state, target: query.target },
        createdFrom: timeOf(query.created_from) ?? undefined,
        createdBefore: timeOf(query.created_before) ?? undefined,
      };
      return presentPage(await links.page(callerOf(request).userId, filter, pageRequest(query)), present);
    },
  );
  app.get(
    '/links/:link_id',
    {
      config,
      schema: {
        tags: ['links'],
        summary: 'A link of yours',
        operationId: 'getLink',
        params: LinkIdParams,
        response: { 200: reference(LinkSchema) },
      },
    },
    async (request) => present(await links.get(callerOf(request).userId, linkIdOf(request.params))),
  );
  app.get(
    '/links/:link_id/history',
    {
      config,
      schema: {
        tags: ['links'],
        summary: 'Where a link led before',
        description: 'One item for each change of its target or rules, the newest first.',
        operationId: 'listLinkHistory',
        params: LinkIdParams,
        querystring: PageQuery,
        response: { 200: pageOf(reference(LinkChangeSchema)) },
      },
    },
    async (request) => {
      const page = await links.history(
        callerOf(request).userId,
        linkIdOf(request.params),
        pageRequest(request.query),
      );
      return presentPage(page, presentChange);
    },
  );
}

function changeRoutes(app: App, { links, writes }: LinkRoutesDeps, present: Present): void {
  const config = { access: 'user', scope: 'links:write' } as const;
  app.patch(
    '/links/:link_id',
    {
      config,
      schema: {
        tags: ['links'],
        summary: 'Change a link of yours',
        description:
          'What is left out stays. The change holds everywhere within a second. A code does not change.',
        operationId: 'updateLink',
        params: LinkIdParams,
        body: LinkChangesBody,
        response: { 200: reference(LinkSchema) },
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      return writes.answer(request, reply, 200, async (transaction) =>
        present(
          await links.update(transaction, userId, linkIdOf(request.params), {
            ...changesOf(request.body),
            url: request.body.url,
          }),
        ),
      );
    },
  );
  app.delete(
    '/links/:link_id',
    {
      config,
      schema: {
        tags: ['links'],
        summary: 'Delete a link of yours',
        description: 'It leads nowhere from then on, and its code is never given to another link.',
        operationId: 'deleteLink',
        params: LinkIdParams,
        response: { 204: Type.Null({ description: 'It is gone.' }) },
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      return writes.answer(request, reply, 204, (transaction) =>
        links.delete(transaction, userId, linkIdOf(request.params)),
      );
    },
  );
}

export function linkIdOf({ link_id: linkId }: { readonly link_id: string }): Id {
  return parseId(linkId, 'link_id');
}
