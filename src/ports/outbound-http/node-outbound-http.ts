/** Outbound HTTP by Node's own clients: a connection of its own for each request, so that none outlives its check. */
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../core/clock.ts';
import { AppError, assert } from '../../core/errors.ts';
import type { PrivateAddresses } from '../../core/outbound-target.ts';
import { isPublicAddress } from '../../core/public-address.ts';
import { exchange, readBody } from './http-exchange.ts';
import { outboundError } from './outbound-errors.ts';
import {
  type OutboundHttp,
  type OutboundRequest,
  type OutboundResponse,
  REDIRECTS_MAX,
} from './outbound-http.ts';
import {
  createDnsResolver,
  type ResolveName,
  refused,
  resolveBySystem,
  resolveTarget,
  type TargetRules,
} from './resolve-target.ts';

export interface NodeOutboundHttpDeps {
  readonly clock: Clock;
  /** Whether addresses that are not of the public internet may be reached. */
  readonly privateAddresses: PrivateAddresses;
  /** Such as `Groundswell/1.2.0`. */
  readonly userAgent: string;
  /** By default the name servers of the system, or with private addresses whatever the system does. */
  readonly resolveName?: ResolveName;
  /** What counts as public; tests have only the addresses of one machine. */
  readonly isPublic?: (address: string) => boolean;
  /** Trusted beside the usual ones: certificates in PEM. */
  readonly certificateAuthorities?: string;
}

/** A request, at the target where it has come to. */
interface Hop extends Pick<OutboundRequest, 'headers' | 'body'> {
  readonly url: URL;
  readonly method: string;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** These keep the method and the body. */
const SAME_METHOD: ReadonlySet<number> = new Set([307, 308]);
/** Of a request that is led to another origin; all others might say who asks, or prove it. */
const HEADERS_FOR_ANYONE: ReadonlySet<string> = new Set(['accept', 'accept-language', 'content-type']);

export function createNodeOutboundHttp(deps: NodeOutboundHttpDeps): OutboundHttp {
  const { clock, privateAddresses, userAgent, certificateAuthorities } = deps;
  const resolveName =
    deps.resolveName ?? (privateAddresses === 'allow' ? resolveBySystem : createDnsResolver());
  const rules: TargetRules = { privateAddresses, resolveName, isPublic: deps.isPublic ?? isPublicAddress };

  async function sendHop({ url, method, headers, body }: Hop, signal: AbortSignal): Promise<IncomingMessage> {
    const addresses = await untilAborted(resolveTarget(url, rules), signal);
    return exchange({
      url,
      method,
      headers: { ...headers, 'user-agent': userAgent, 'accept-encoding': 'identity' },
      body,
      addresses,
      certificateAuthorities,
      signal,
    });
  }

  async function follow(request: OutboundRequest, signal: AbortSignal): Promise<[URL, IncomingMessage]> {
    if (!URL.canParse(request.url)) throw refused('The URL must be an absolute one.');
    let hop: Hop = { ...request, url: new URL(request.url) };
    for (let redirects = 0; ; redirects += 1) {
      const response = await sendHop(hop, signal);
      const next = redirects < request.redirectsMax ? redirected(hop, response) : undefined;
      if (next === undefined) return [hop.url, response];
      response.destroy();
      hop = next;
    }
  }

  return {
    async send(request): Promise<OutboundResponse> {
      assert(request.redirectsMax <= REDIRECTS_MAX, `at most ${REDIRECTS_MAX} redirects are followed`);
      const startMs = clock.monotonicMs();
      const deadline = new AbortController();
      const timer = setTimeout(() => deadline.abort(), request.timeoutMs);
      try {
        const [url, response] = await follow(request, deadline.signal);
        const { body, complete } = await readBody(response, request.responseBytesMax);
        return {
          status: response.statusCode ?? 0,
          headers: joinedHeaders(response),
          body,
          complete,
          url: url.href,
          tookMs: clock.monotonicMs() - startMs,
        };
      } catch (error) {
        throw deadline.signal.aborted ? tooSlow(request.timeoutMs, error) : outboundError(error);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** Where the answer leads to, or `undefined` if it is no redirect. Fails with `invalid` for one that is not followed. */
function redirected(hop: Hop, response: IncomingMessage): Hop | undefined {
  const { statusCode = 0 } = response;
  const { location } = response.headers;
  if (!REDIRECTS.has(statusCode) || location === undefined) return undefined;
  if (!URL.canParse(location, hop.url.href)) throw refused('The host redirects to what is no URL.');
  const url = new URL(location, hop.url);
  if (hop.url.protocol === 'https:' && url.protocol === 'http:') {
    throw refused('The host redirects from https to http.');
  }
  const keeps = SAME_METHOD.has(statusCode) || hop.method !== 'POST';
  const headers = url.origin === hop.url.origin ? hop.headers : headersForAnyone(hop.headers);
  return keeps
    ? { ...hop, url, ...(headers && { headers }) }
    : { url, method: 'GET', ...(headers && { headers }) };
}

function headersForAnyone(headers: Hop['headers'] = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => HEADERS_FOR_ANYONE.has(name)));
}

function joinedHeaders({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  const present = Object.entries(headers).filter((entry) => entry[1] !== undefined);
  return Object.fromEntries(
    present.map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : `${value}`]),
  );
}

/** The promise, or a rejection as soon as the signal is aborted. */
function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function tooSlow(timeoutMs: number, cause: unknown): AppError {
  return new AppError('timeout', `There was no answer within ${timeoutMs / 1_000} s.`, { cause });
}
