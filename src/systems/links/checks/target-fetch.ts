/** Asks for a target as a browser would, as far as that tells whether it is there. */
import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { OutboundHttp, OutboundResponse } from '../../../ports/outbound-http/outbound-http.ts';
import type { TargetRules } from '../targets/target-url.ts';

/** For the whole way, with all redirects. */
export const FETCH_TIMEOUT_MS = 10_000;
export const HOPS_MAX = 5;
/** Of a page whose title is wanted. It is never unpacked: we ask for what is not packed. */
export const PAGE_BYTES_MAX = 262_144;
/** Of one of which only the status counts. */
const STATUS_BYTES_MAX = 1_024;

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** The page is there, but not for us: it wants a password, another method, or fewer requests. */
const REFUSALS: ReadonlySet<number> = new Set([401, 403, 405, 429]);

export interface Finding {
  /** `unclear`: it says nothing of whether people get there. */
  readonly verdict: 'there' | 'missing' | 'unclear';
  /** HTTP; null: there was no answer. */
  readonly status: number | null;
  /** As a sentence. */
  readonly problem: string | null;
  /** It is not for our own network that it is missing. */
  readonly certain: boolean;
  /** With `there`. */
  readonly page?: OutboundResponse;
}

export interface FetchDeps {
  readonly outboundHttp: OutboundHttp;
  readonly clock: Clock;
  readonly targets: Pick<TargetRules, 'isOwn' | 'blockedReason'>;
}

/**
 * Settles within FETCH_TIMEOUT_MS and never fails. Each redirect is a request of its own, held to all that the port holds
 * requests to. What would open a link of this server, or what is blocked, is not asked for. `undefined`: we were too busy.
 */
export async function fetchTarget(
  url: string,
  wantsPage: boolean,
  deps: FetchDeps,
): Promise<Finding | undefined> {
  const deadlineMs = deps.clock.monotonicMs() + FETCH_TIMEOUT_MS;
  let next = url;
  for (let hops = 0; hops <= HOPS_MAX; hops += 1) {
    const answer = await get(next, wantsPage, deadlineMs, deps);
    if (answer === undefined || 'verdict' in answer) return answer;
    const { status, headers } = answer;
    if (!REDIRECTS.has(status) || headers['location'] === undefined) return findingOf(answer);
    const hop = hopOf(answer, headers['location'], deps);
    if (typeof hop !== 'string') return hop;
    next = hop;
  }
  return unclear(null, `It redirects more than ${HOPS_MAX} times.`);
}

async function get(
  url: string,
  wantsPage: boolean,
  deadlineMs: number,
  { outboundHttp, clock }: FetchDeps,
): Promise<OutboundResponse | Finding | undefined> {
  try {
    return await outboundHttp.send({
      method: 'GET',
      url,
      headers: { accept: 'text/html,*/*;q=0.8' },
      timeoutMs: Math.max(1, deadlineMs - clock.monotonicMs()),
      responseBytesMax: wantsPage ? PAGE_BYTES_MAX : STATUS_BYTES_MAX,
      redirectsMax: 0,
    });
  } catch (error) {
    if (!(error instanceof AppError)) return undefined;
    // Not the target is busy, but the port.
    if (error.retryAfterS !== undefined) return undefined;
    return missing(null, error.message, error.code === 'invalid');
  }
}

/** Where the answer leads, or what is found if that is not followed. */
function hopOf(
  { status, url }: OutboundResponse,
  location: string,
  { targets }: FetchDeps,
): string | Finding {
  if (!URL.canParse(location, url)) return missing(status, 'It redirects to what is no URL.', true);
  const next = new URL(location, url);
  // To an app, for example, which is of no less use to people.
  if (!/^https?:$/.test(next.protocol)) return unclear(status, 'It redirects to what is no page.');
  if (targets.isOwn(next)) return unclear(status, 'It redirects to a link of this server.');
  if (targets.blockedReason(next) !== undefined) return unclear(status, 'It redirects to a blocked target.');
  return next.href;
}

function findingOf(page: OutboundResponse): Finding {
  const { status } = page;
  if ((status >= 200 && status < 300) || REFUSALS.has(status)) {
    return { verdict: 'there', status, problem: null, certain: true, page };
  }
  const problem = `The answer is ${status}.`;
  return status >= 400 && status < 600 ? missing(status, problem, true) : unclear(status, problem);
}

function missing(status: number | null, problem: string, certain: boolean): Finding {
  return { verdict: 'missing', status, problem, certain };
}

function unclear(status: number | null, problem: string): Finding {
  return { verdict: 'unclear', status, problem, certain: true };
}
