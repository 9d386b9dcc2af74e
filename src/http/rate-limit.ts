/**
 * Rate limits per route class, account tier and address. Every limited answer says where its caller stands
 * (`RateLimit-Limit`, `-Remaining`, `-Reset`); a refusal is 429 with the exact `Retry-After`.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { networkOf } from '../core/client-network.ts';
import { AppError } from '../core/errors.ts';
import type { UserTier } from '../core/principal.ts';
import type { RateLimitDecision, RateLimiter, RateLimitPolicy } from '../ports/rate-limiter/rate-limiter.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** A class of routes with a limit of its own. */
export type LimitClass = 'read' | 'write' | 'bulk' | 'visit' | 'live' | 'report' | 'sign-in' | 'sign-up';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** By default `read` for GET and HEAD, `write` for the rest. */
    limit?: LimitClass;
    /** Neither limited nor shed: what operates the server. */
    exempt?: boolean;
  }
}

const MINUTE_MS = 60_000;

/** Reads, writes, tables, live connections and reports count for the account, or for the address of who is not signed in; the rest for the address. */
const POLICIES: Readonly<Record<LimitClass, RateLimitPolicy>> = {
  // A page of the app asks for about ten things; a person turns a page every second at the very most.
  read: { name: 'read', algorithm: 'token_bucket', limit: 1_000, windowMs: MINUTE_MS },
  write: { name: 'write', algorithm: 'token_bucket', limit: 300, windowMs: MINUTE_MS },
  // Tables of thousands of rows, in or out.
  bulk: { name: 'bulk', algorithm: 'token_bucket', limit: 20, windowMs: MINUTE_MS },
  // Connections that begin: ten at once, and each again every ten seconds, as on a bad network.
  live: { name: 'live', algorithm: 'token_bucket', limit: 60, windowMs: MINUTE_MS },
  // Links, by whoever comes: all people of a large network count together.
  visit: { name: 'visit', algorithm: 'token_bucket', limit: 6_000, windowMs: MINUTE_MS },
  // To the moderators, who read each one.
  report: { name: 'report', algorithm: 'token_bucket', limit: 20, windowMs: 10 * MINUTE_MS },
  // Exact, so that nobody guesses passwords twice as fast about the end of a window.
  'sign-in': { name: 'sign-in', algorithm: 'sliding_window', limit: 30, windowMs: 5 * MINUTE_MS },
  'sign-up': { name: 'sign-up', algorithm: 'fixed_window', limit: 30, windowMs: 10 * MINUTE_MS },
};

const TRUSTED_FACTOR = 10;

export interface RateLimitOptions {
  readonly rateLimiter: RateLimiter;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Counts each request once it is known who asks; register after authentication. */
export function registerRateLimits(
  app: FastifyInstance,
  { rateLimiter, metrics, log }: RateLimitOptions,
): void {
  app.addHook('onRequest', async (request, reply) => {
    const { config } = request.routeOptions;
    if (config.exempt === true) return;
    const limit = config.limit ?? (request.method === 'GET' || request.method === 'HEAD' ? 'read' : 'write');
    const decision = await decide(rateLimiter, policyOf(limit, request), subjectOf(limit, request), log);
    if (decision === undefined) return;
    describe(reply, decision);
    if (decision.allowed) return;
    metrics.refusal(`rate_limit_${limit}`);
    throw new AppError(
      'rate_limited',
      `Too many requests. Try again in ${Math.ceil(decision.retryAfterS)} s.`,
      {
        retryAfterS: decision.retryAfterS,
      },
    );
  });
}

const POLICIES_OF_TIER: Readonly<Record<UserTier, Readonly<Record<LimitClass, RateLimitPolicy>>>> = {
  standard: POLICIES,
  trusted: {
    ...POLICIES,
    read: trusted(POLICIES.read),
    write: trusted(POLICIES.write),
    bulk: trusted(POLICIES.bulk),
  },
};

function policyOf(limit: LimitClass, { principal }: FastifyRequest): RateLimitPolicy {
  return POLICIES_OF_TIER[principal?.tier ?? 'standard'][limit];
}

function trusted(policy: RateLimitPolicy): RateLimitPolicy {
  return { ...policy, name: `${policy.name}-trusted`, limit: policy.limit * TRUSTED_FACTOR };
}

function subjectOf(limit: LimitClass, { principal, ip }: FastifyRequest): string {
  if (principal !== undefined && limit !== 'sign-in' && limit !== 'sign-up') return `u${principal.userId}`;
  return `a${networkOf(ip)}`;
}

/** A store that cannot be reached limits nobody: better a busy server than none. */
async function decide(
  rateLimiter: RateLimiter,
  policy: RateLimitPolicy,
  key: string,
  log: Log,
): Promise<RateLimitDecision | undefined> {
  try {
    return await rateLimiter.take(policy, key);
  } catch (error) {
    log.warn({ err: error, policy: policy.name }, 'the rate limiter did not answer: the request passes');
    return undefined;
  }
}

function describe(reply: FastifyReply, { limit, remaining, resetS }: RateLimitDecision): void {
  reply.header('ratelimit-limit', limit);
  reply.header('ratelimit-remaining', remaining);
  reply.header('ratelimit-reset', Math.ceil(resetS));
}
