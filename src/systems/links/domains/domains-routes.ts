/** Host names of their own under which people's links are opened. */
import { type Static, Type } from 'typebox';
import { idTimestamp, parseId } from '../../../core/ids.ts';
import { callerOf } from '../../../http/auth.ts';
import type { Writes } from '../../../http/idempotency.ts';
import { reference } from '../../../http/openapi.ts';
import { PageQuery, pageOf, pageRequest, presentPage } from '../../../http/paging.ts';
import type { App } from '../../../http/server.ts';
import { IdText } from '../../../http/user-schema.ts';
import { CHALLENGE_PATH, recordNameOf } from './domain-proof.ts';
import { DOMAINS_MAX, type Domain, type Domains } from './domains.ts';
import { HOST_LENGTH_MAX } from './host-name.ts';

export const DomainSchema = Type.Object(
  {
    domain_id: IdText,
    host: Type.String({ description: 'In lower case and punycode.', examples: ['go.example.org'] }),
    verified_at: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      format: 'date-time',
      description: 'Null: not yet.',
    }),
    verification: Type.Object(
      {
        record_name: Type.String({ examples: ['_groundswell-challenge.go.example.org'] }),
        record_type: Type.Literal('TXT'),
        record_value: Type.String(),
        file_url: Type.String({ description: 'Instead: serve the value alone here, without a redirect.' }),
      },
      { description: 'What to set up, one of the two, before the domain is verified.' },
    ),
    target_host: Type.String({
      description: 'Where the host must lead, by a CNAME record, for its links to be opened.',
    }),
    created_at: Type.String({ format: 'date-time' }),
  },
  { $id: 'Domain', title: 'Domain' },
);

export const DOMAIN_SCHEMAS = [DomainSchema] as const;

export interface DomainRoutesDeps {
  readonly writes: Writes;
  readonly domains: Domains;
  /** The host name of links of this server. */
  readonly targetHost: () => string;
}

type Present = (domain: Domain) => Static<typeof DomainSchema>;

const tags = ['links'];
const params = Type.Object({ domain_id: IdText });
const config = { access: 'user', scope: 'links:write' } as const;

export function domainRoutes(app: App, deps: DomainRoutesDeps): void {
  const present: Present = (domain) => presentDomain(domain, deps.targetHost());
  ownedRoutes(app, deps, present);
  verifyRoute(app, deps, present);
}

function ownedRoutes(app: App, { writes, domains }: DomainRoutesDeps, present: Present): void {
  app.post(
    '/domains',
    {
      config: { ...config, problems: [409] },
      schema: {
        tags,
        summary: 'Bring a host name of yours',
        description: `For short links such as https://go.example.org/spring. Prove that it is yours as \`verification\` says, then verify it. At most ${DOMAINS_MAX}.`,
        operationId: 'createDomain',
        body: Type.Object(
          { host: Type.String({ minLength: 1, maxLength: HOST_LENGTH_MAX, examples: ['go.example.org'] }) },
          { additionalProperties: false },
        ),
        response: { 201: reference(DomainSchema) },
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      return writes.answer(request, reply, 201, async (transaction) =>
        present(await domains.create(transaction, userId, request.body.host)),
      );
    },
  );
  app.get(
    '/domains',
    {
      config: { access: 'user', scope: 'links:read' },
      schema: {
        tags,
        summary: 'Your host names, the newest first',
        operationId: 'listDomains',
        querystring: PageQuery,
        response: { 200: pageOf(reference(DomainSchema)) },
      },
    },
    async (request) =>
      presentPage(await domains.page(callerOf(request).userId, pageRequest(request.query)), present),
  );
  app.delete(
    '/domains/:domain_id',
    {
      config,
      schema: {
        tags,
        summary: 'Let a host name go',
        description:
          'Its links lead nowhere within a second, and are deleted within some minutes. Who brings the host again, you or others, begins anew.',
        operationId: 'deleteDomain',
        params,
        response: { 204: Type.Null({ description: 'It is gone.' }) },
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      return writes.answer(request, reply, 204, (transaction) =>
        domains.delete(transaction, userId, domainIdOf(request.params)),
      );
    },
  );
}

function verifyRoute(app: App, { writes, domains }: DomainRoutesDeps, present: Present): void {
  app.post(
    '/domains/:domain_id/verify',
    {
      config: { ...config, problems: [409] },
      schema: {
        tags,
        summary: 'Verify a host name of yours',
        description:
          'Looks for the token in the DNS and at the host. 409: it is not there (yet), or another account has verified the host. From then on `host` may be given to new links, and nobody else can verify it.',
        operationId: 'verifyDomain',
        params,
        response: { 200: reference(DomainSchema) },
      },
    },
    async (request, reply) => {
      const { userId } = callerOf(request);
      const domainId = domainIdOf(request.params);
      // Before the transaction: it waits for servers of others.
      if (!(await writes.isRepeated(request))) await domains.prove(userId, domainId);
      return writes.answer(request, reply, 200, async (transaction) =>
        present(await domains.verify(transaction, userId, domainId)),
      );
    },
  );
}

function domainIdOf({ domain_id: domainId }: { readonly domain_id: string }): number {
  return parseId(domainId, 'domain_id');
}

function presentDomain(domain: Domain, targetHost: string): Static<typeof DomainSchema> {
  const { domainId, host, token, verifiedAt } = domain;
  return {
    domain_id: String(domainId),
    host,
    verified_at: verifiedAt?.toISOString() ?? null,
    verification: {
      record_name: recordNameOf(host),
      record_type: 'TXT',
      record_value: token,
      file_url: `https://${host}${CHALLENGE_PATH}`,
    },
    target_host: targetHost,
    created_at: idTimestamp(domainId),
  };
}
