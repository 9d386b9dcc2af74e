/** What the balancer answers itself: problem documents, as the servers would, and a page for people when no server is left. */
import { quoted } from './haproxy-section.ts';

interface OwnAnswer {
  readonly status: number;
  readonly title: string;
  readonly code: string;
  readonly detail: string;
}

const OWN_ANSWERS: readonly OwnAnswer[] = [
  { status: 400, title: 'Bad request', code: 'invalid', detail: 'The request is not HTTP as it should be.' },
  { status: 408, title: 'Timed out', code: 'timeout', detail: 'The request did not arrive in time.' },
  { status: 500, title: 'Internal error', code: 'internal', detail: 'The balancer failed.' },
  {
    ...{ status: 502, title: 'Broken off', code: 'unavailable' },
    detail:
      'The server broke off. Whether it did what was asked is unknown: ask again with the same Idempotency-Key.',
  },
  {
    ...{ status: 503, title: 'Unavailable', code: 'unavailable' },
    detail: 'No server can answer now. Nothing was done; try again.',
  },
  {
    ...{ status: 504, title: 'Timed out', code: 'timeout' },
    detail: 'The server did not answer in time. It may still do what was asked.',
  },
];
const METRICS_REFUSAL = {
  ...{ status: 404, title: 'Not found', code: 'not_found' },
  detail: 'There is no such page.',
};
/** For programs, which wait until a server is started again; people wait by the page. */
const RETRY_AFTER_S = 1;

/** In place of HAProxy's own pages. */
export function ownAnswers(): string[] {
  return OWN_ANSWERS.map((answer) => {
    const retryAfter = answer.status === 503 ? ` hdr Retry-After ${RETRY_AFTER_S}` : '';
    return `http-error status ${answer.status} ${contentOf(answer)}${retryAfter}`;
  });
}

/** As servers read paths: with letters that are written as %6d, and slashes at the end. */
const IS_METRICS = `{ path,url_dec -m reg ${quoted('^/+metrics/*$')} }`;

/** Metrics are those of one process, which is not the one that the next request meets; and nobody's business. */
export function metricsRefusal(): string {
  return `http-request return status 404 ${contentOf(METRICS_REFUSAL)} if ${IS_METRICS}`;
}

/** As the servers say it. */
function contentOf(answer: OwnAnswer): string {
  const problem = { type: 'about:blank', ...answer, errors: [], request_id: 'balancer' };
  return `content-type application/problem+json string ${quoted(JSON.stringify(problem))}`;
}

const PAGE_RETRY_S = 5;
/** Whole in itself, because whatever it would load is gone, too. */
const PAGE = [
  '<!doctype html><html lang="en"><head><meta charset="utf-8">',
  '<meta name="viewport" content="width=device-width, initial-scale=1">',
  `<meta http-equiv="refresh" content="${PAGE_RETRY_S}"><title>Back soon</title>`,
  '<style>:root{color-scheme:light dark}body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;',
  'margin:20vh auto 0;padding:0 1.5rem}h1{font-size:1.6rem}</style></head>',
  '<body><main><h1>Back soon</h1><p>No server can answer now. Nothing that you have saved is lost. ',
  'This page looks again by itself.</p></main></body></html>',
].join('');
const PAGE_HEADERS = [
  `hdr Retry-After ${PAGE_RETRY_S}`,
  'hdr Cache-Control no-store',
  `hdr Content-Security-Policy ${quoted("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")}`,
];

/** For a pool: what people see who open a page while none of its servers is left; programs get the problem. */
export function unavailablePage(): string {
  const answer = `status 503 content-type ${quoted('text/html; charset=utf-8')} ${PAGE_HEADERS.join(' ')} string ${quoted(PAGE)}`;
  return `http-request return ${answer} if { nbsrv eq 0 } { method GET HEAD } { req.hdr(accept) -m sub text/html }`;
}
