/**
 * `GET /l/{code}`, and `GET /{code}` on the hosts of links. What is in memory and simply leads somewhere is answered by the
 * front; the rest (links that are not in memory, passwords, limits, previews, and what leads nowhere) by the routes.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { AppError, hasCode, notFound } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import { createClientAddress } from '../../../http/client-address.ts';
import type { Front, FrontRequest } from '../../../http/front.ts';
import type { FrontAnswer } from '../../../http/front-connections.ts';
import { reference } from '../../../http/openapi.ts';
import { escapeHtml, sendPage } from '../../../http/page.ts';
import { PROBLEM_TYPE, Problem, type ProblemDetails } from '../../../http/problem.ts';
import type { App } from '../../../http/server.ts';
import { LINKS_PATH, type LinkAddresses } from '../link-addresses.ts';
import type { LinkHosts } from './link-hosts.ts';
import {
  cardPage,
  GO_ON_FIELD,
  GONE_TEXTS,
  gonePage,
  type PageText,
  passwordPage,
  previewPage,
  SCHEDULED_TITLE,
  scheduledPage,
  TOO_MANY_PAGE,
  UNKNOWN_PAGE,
  warningPage,
} from './redirect-pages.ts';
import type { Opening, Redirects } from './redirects.ts';
import { type RequestVisitor, visitorOf } from './request-visitor.ts';

/** How long what may be remembered is remembered: so late a change of the target is seen, at most. */
export const REMEMBERED_S = 30;
const FORM_BYTES_MAX = 2_048;
const ROUTE = '/l/:code';
/** Of codes that have slashes, and of what is no code. */
const DEEP_ROUTE = `${LINKS_PATH}*`;

const CACHE_CONTROL: Readonly<Record<number, string>> = {
  301: `private, max-age=${REMEMBERED_S}`,
  302: 'private, no-store',
  303: 'private, no-store',
  307: 'private, no-store',
  308: `private, max-age=${REMEMBERED_S}`,
};

export interface RedirectRoutesDeps {
  readonly redirects: Redirects;
  readonly addresses: LinkAddresses;
  readonly hosts: LinkHosts;
  readonly trustedProxies: readonly string[];
  /** Clients reach the server by https. */
  readonly secure: boolean;
}

export function createRedirectFront(deps: RedirectRoutesDeps): Front {
  const { redirects, hosts, trustedProxies, secure } = deps;
  const addressOf = createClientAddress(trustedProxies);
  const always = [
    'Content-Length',
    '0',
    ...(secure ? ['Strict-Transport-Security', 'max-age=31536000'] : []),
  ];
  const headersOf = new Map(
    Object.entries(CACHE_CONTROL).map(([status, text]) => [
      Number(status),
      ['Cache-Control', text, ...always],
    ]),
  );

  function answerOf({ redirectType, location }: Opening & { readonly outcome: 'redirect' }): FrontAnswer {
    return { status: redirectType, location, headers: headersOf.get(redirectType) ?? always };
  }

  /** `undefined`: it opens no link. */
  function visitOf(request: FrontRequest): Visit | undefined {
    if (request.url?.startsWith(LINKS_PATH) !== true) return undefined;
    if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
    const visitor = visitorOf(request, addressOf(request));
    const code = visitor.path.slice(LINKS_PATH.length);
    return { visitor, code, domainId: domainIdFor(hosts, visitor) };
  }

  return {
    priority: 'critical',
    route: ROUTE,
    rewrite(request) {
      if (hosts.any() && hosts.domainIdOf(hostOf(request)) !== undefined) {
        request.url = LINKS_PATH.slice(0, -1) + pathOf(request.url ?? '/');
      }
    },
    answer(request) {
      const visit = visitOf(request);
      const opening = visit && redirects.openAtOnce(visit.domainId, visit.code, visit.visitor);
      return opening && answerOf(opening);
    },
    load(request) {
      const visit = visitOf(request);
      const loaded = visit && redirects.openWhenLoaded(visit.domainId, visit.code, visit.visitor);
      return loaded?.then((opening) => opening && answerOf(opening));
    },
  };
}

interface Visit {
  readonly visitor: RequestVisitor;
  readonly code: string;
  readonly domainId: Id;
}

const page = (description: string) => ({ description, content: { 'text/html': { schema: Type.String() } } });
/** Pages; a problem for who accepts JSON and no HTML. */
const pageOrProblem = (description: string) => ({
  description,
  content: { ...page('').content, [PROBLEM_TYPE]: { schema: reference(Problem) } },
});
const leads = Type.Null({ description: 'It leads to `Location`.' });

const ANSWERS = {
  200: page('A page: it asks for a password, warns of where the link leads, or says where that is.'),
  ...Object.fromEntries(Object.keys(CACHE_CONTROL).map((status) => [status, leads])),
  403: page('The password is wrong: the page asks again.'),
  404: pageOrProblem('There is no such link, or it does not lead anywhere yet.'),
  410: pageOrProblem('There was one, or it may not be opened any more.'),
  429: pageOrProblem('Too many codes that do not exist, or passwords that are wrong.'),
};

/** In a scope of their own, for no other route takes forms. */
export function redirectRoutes(root: App, deps: RedirectRoutesDeps): void {
  void root.register(async (app) => registerRoutes(app, deps));
}

function registerRoutes(app: App, deps: RedirectRoutesDeps): void {
  const { redirects, addresses, hosts } = deps;
  const params = Type.Object({ code: Type.String({ description: 'Of the link.' }) });
  const config = { access: 'public', limit: 'visit' } as const;
  const schema = { tags: ['links'], params, response: ANSWERS };
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: FORM_BYTES_MAX },
    (_request, body, done) => done(null, String(body)),
  );

  app.setErrorHandler((error, request, reply) => {
    // Who shows pages is shown one; everybody else is answered as by any other call.
    if (!hasCode(error, 'rate_limited') || !/text\/html/.test(request.headers.accept ?? '')) throw error;
    return sendPageText(reply.code(429).header('retry-after', error.retryAfterS ?? 1), TOO_MANY_PAGE);
  });

  async function preview(request: FastifyRequest, reply: FastifyReply, code: string): Promise<FastifyReply> {
    const visitor = visitorOf(request.raw, request.ip);
    const found = await redirects.preview(domainIdFor(hosts, visitor), code, visitor);
    if ('outcome' in found) return sendOpening(request, reply, found);
    const domainId = domainIdFor(hosts, visitor);
    const host = domainId === 0 ? undefined : visitor.host;
    const page = previewPage({ ...found, url: addresses.shortUrl({ code, host }) }, escapeHtml);
    return sendPageText(reply.code(200), page);
  }

  async function open(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const code = codeOf(request);
    if (code.endsWith('+')) return preview(request, reply, code.slice(0, -1));
    const visitor = visitorOf(request.raw, request.ip);
    return sendOpening(request, reply, await redirects.open(domainIdFor(hosts, visitor), code, visitor));
  }

  async function openWithForm(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const form = new URLSearchParams(typeof request.body === 'string' ? request.body : '');
    const visitor = visitorOf(request.raw, request.ip);
    const password = form.get('password') ?? undefined;
    const given = { password, goesOn: form.has(GO_ON_FIELD) && !isFromElsewhere(request) };
    const domainId = domainIdFor(hosts, visitor);
    return sendOpening(request, reply, await redirects.open(domainId, codeOf(request), visitor, given));
  }

  const opening = {
    summary: 'Open a link',
    description:
      'Leads to its target: 302, or what its owner chose. 404: there is no such link. 410: there was, or it may not be opened any more. With a + after the code: a page that says where it leads. On the hosts of links the path is the code alone. A code may have slashes.',
    operationId: 'openLink',
  };
  const sending = {
    summary: 'Open a link that has a password or a warning',
    description:
      'What the page that asks first sends: a form (application/x-www-form-urlencoded) with `password`, or `go_on` for who has read the warning, or both. 403: the password is wrong.',
    operationId: 'openLinkWithPassword',
  };
  const formConfig = { ...config, priority: 'read', idempotent: false } as const;
  app.get(ROUTE, { config, schema: { ...schema, ...opening } }, async (request, reply) =>
    open(request, reply),
  );
  app.post(ROUTE, { config: formConfig, schema: { ...schema, ...sending } }, async (request, reply) =>
    openWithForm(request, reply),
  );
  // On the hosts of links everything is below /l/, what is typed there without a code too.
  app.get(LINKS_PATH, { config, schema: { hide: true } }, open);
  app.get(DEEP_ROUTE, { config, schema: { hide: true } }, open);
  app.post(DEEP_ROUTE, { config: formConfig, schema: { hide: true } }, openWithForm);
}

/** Whatever stands below /l/, decoded. */
function codeOf({ params }: FastifyRequest): string {
  // As the routes name it.
  const { code, '*': deepCode = '' } = params as { readonly code?: string; readonly '*'?: string };
  return code ?? deepCode;
}

function sendOpening(request: FastifyRequest, reply: FastifyReply, opening: Opening): FastifyReply {
  switch (opening.outcome) {
    case 'redirect':
      return reply
        .code(opening.redirectType)
        .header('cache-control', cacheControlOf(opening.redirectType))
        .removeHeader('referrer-policy')
        .header('location', opening.location)
        .send();
    case 'card':
      return sendPageText(reply.code(200), cardPage(opening, escapeHtml));
    case 'password':
      return sendPageText(reply.code(200), passwordPage({ wrong: false, ...opening }, escapeHtml));
    case 'wrong_password':
      return sendPageText(reply.code(403), passwordPage({ wrong: true, ...opening }, escapeHtml));
    case 'warning':
      return sendPageText(reply.code(200), warningPage(opening, escapeHtml));
    case 'unknown':
      if (wantsJson(request)) throw notFound('link');
      return sendPageText(reply.code(404), UNKNOWN_PAGE);
    case 'scheduled':
      if (wantsJson(request)) throw new AppError('not_found', `${SCHEDULED_TITLE}.`);
      return sendPageText(reply.code(404), scheduledPage(opening));
    case 'gone':
      if (wantsJson(request)) return sendGoneProblem(request, reply, GONE_TEXTS[opening.reason]);
      return sendPageText(reply.code(410), gonePage(opening, escapeHtml));
  }
}

/** Gone is no failure of a call of the API, of which there are nine, but an answer of this page alone. */
function sendGoneProblem({ id }: FastifyRequest, reply: FastifyReply, detail: string): FastifyReply {
  const problem: ProblemDetails = {
    ...{
      type: 'about:blank',
      title: 'Gone',
      status: 410,
      code: 'not_found',
      detail,
      errors: [],
      request_id: id,
    },
  };
  return reply
    .code(410)
    .type(PROBLEM_TYPE)
    .header('cache-control', 'no-store')
    .serializer(JSON.stringify)
    .send(problem);
}

function sendPageText(reply: FastifyReply, page: PageText): FastifyReply {
  return sendPage(reply.header('x-robots-tag', 'noindex'), page);
}

function wantsJson({ headers }: FastifyRequest): boolean {
  const { accept = '' } = headers;
  return /\bjson\b/.test(accept) && !/text\/html/.test(accept);
}

/** A form of another site says nothing about what its reader has read. Old browsers do not tell where it is from. */
function isFromElsewhere({ headers }: FastifyRequest): boolean {
  return /^(?:cross|same)-site$/.test(String(headers['sec-fetch-site'] ?? ''));
}

function cacheControlOf(status: number): string {
  return CACHE_CONTROL[status] ?? 'no-store';
}

function domainIdFor(hosts: LinkHosts, { host }: RequestVisitor): Id {
  return (hosts.any() ? hosts.domainIdOf(host) : undefined) ?? 0;
}

/** Of a request's target, which may be a whole URL (RFC 9112, 3.2.2). */
function pathOf(target: string): string {
  if (target.startsWith('/') || !URL.canParse(target)) return target;
  const { pathname, search } = new URL(target);
  return pathname + search;
}

function hostOf({ rawHeaders }: FrontRequest): string {
  const index = rawHeaders.findIndex(
    (name, place) => place % 2 === 0 && name.length === 4 && /^host$/i.test(name),
  );
  return index < 0 ? '' : (rawHeaders[index + 1] ?? '').toLowerCase();
}
