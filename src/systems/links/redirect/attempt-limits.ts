/** How often an address may try: codes that do not exist, and passwords. Of IPv6 all addresses of a network count as one. */

import { networkOf } from '../../../core/client-network.ts';
import { AppError } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import type { RateLimiter, RateLimitPolicy } from '../../../ports/rate-limiter/rate-limiter.ts';
import type { Log } from '../../../telemetry/log.ts';

const MINUTE_MS = 60_000;
/** Who follows broken links finds a few; who tries codes finds one link in a thousand or fewer. */
export const UNKNOWN_CODES: RateLimitPolicy = {
  ...{ name: 'unknown-link', algorithm: 'token_bucket', limit: 60, windowMs: MINUTE_MS },
};
export const PASSWORDS_OF_ADDRESS: RateLimitPolicy = {
  ...{ name: 'link-password', algorithm: 'sliding_window', limit: 10, windowMs: 5 * MINUTE_MS },
};
/** All addresses together: so many that nobody is locked out soon, so few that no list of passwords is tried. */
export const PASSWORDS_OF_LINK: RateLimitPolicy = {
  ...{ name: 'link-passwords', algorithm: 'token_bucket', limit: 300, windowMs: 5 * MINUTE_MS },
};
/** Networks that are remembered as refused; beyond, the longest remembered are forgotten. */
export const REFUSED_MAX = 10_000;

export interface AttemptLimits {
  /** Fails with `rate_limited` for who has asked for too many codes that do not exist, before any is looked for. */
  admit(address: string): void;
  /** Counts one that does not exist. Fails as `admit` for one too many. */
  unknownCode(address: string): Promise<void>;
  /** Fails with `rate_limited` for one too many. */
  password(linkId: Id, address: string): Promise<void>;
}

export interface AttemptLimitsDeps {
  /** `undefined`: nobody is limited. */
  readonly rateLimiter: RateLimiter | undefined;
  readonly nowMs: () => number;
  readonly log: Log;
}

export function createAttemptLimits({ rateLimiter, nowMs, log }: AttemptLimitsDeps): AttemptLimits {
  /** Until when, by network. In the order of their refusal. */
  const refused = new Map<string, number>();

  async function take(policy: RateLimitPolicy, key: string): Promise<number | undefined> {
    if (rateLimiter === undefined) return undefined;
    try {
      const { allowed, retryAfterS } = await rateLimiter.take(policy, key);
      return allowed ? undefined : retryAfterS;
    } catch (error) {
      // Better a link opened than none.
      log.warn({ err: error, policy: policy.name }, 'the rate limiter did not answer: the attempt passes');
      return undefined;
    }
  }

  return {
    admit(address) {
      const network = networkOf(address);
      const untilMs = refused.get(network);
      if (untilMs === undefined) return;
      const leftMs = untilMs - nowMs();
      if (leftMs > 0) throw tooMany('codes that do not exist', leftMs / 1_000);
      refused.delete(network);
    },
    async unknownCode(address) {
      const network = networkOf(address);
      const retryAfterS = await take(UNKNOWN_CODES, network);
      if (retryAfterS === undefined) return;
      refused.set(network, nowMs() + retryAfterS * 1_000);
      const [oldest] = refused.keys();
      if (refused.size > REFUSED_MAX && oldest !== undefined) refused.delete(oldest);
      throw tooMany('codes that do not exist', retryAfterS);
    },
    async password(linkId, address) {
      const retryAfterS =
        (await take(PASSWORDS_OF_ADDRESS, `${linkId} ${networkOf(address)}`)) ??
        (await take(PASSWORDS_OF_LINK, String(linkId)));
      if (retryAfterS !== undefined) throw tooMany('passwords', retryAfterS);
    },
  };
}

function tooMany(what: string, retryAfterS: number): AppError {
  return new AppError('rate_limited', `Too many ${what}. Try again in ${Math.ceil(retryAfterS)} s.`, {
    retryAfterS,
  });
}
