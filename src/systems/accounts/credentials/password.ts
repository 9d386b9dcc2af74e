/** Passwords: which are good enough, and their hashes (argon2id). */
import { hash, verify } from '@node-rs/argon2';
import type { Clock, Randomness } from '../../../core/clock.ts';
import { invalidField } from '../../../core/errors.ts';
import { createBulkhead } from '../../../resilience/bulkhead.ts';

export const PASSWORD_LENGTH_MIN = 8;
/** Long enough for any phrase; the hash of more costs no more, but bodies are bounded. */
export const PASSWORD_LENGTH_MAX = 128;

/**
 * The second of the equivalent choices that OWASP recommends (Password Storage Cheat Sheet), with the least memory
 * that still hinders graphics cards: 19 MiB, two passes, one lane; some 25 to 60 ms of one core.
 */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const SALT_BYTES = 16;
/** Hashes at a time. They run on the threads that files and name look-ups need, too; there are four. */
export const HASHES_MAX = 2;
/** Hashes that wait, some 3 s for the last of them: a flood of sign-ins is refused, and the rest goes on. */
export const WAITING_MAX = 100;
const WAITING_MS_MAX = 5_000;

/** Verified where there is no hash, only for the time that takes: so it has the parameters above. */
const HASH_OF_NOBODY =
  '$argon2id$v=19$m=19456,t=2,p=1$AQEBAQEBAQEBAQEBAQEBAQ$qok2C4/K5VdBMRB8nHf3Zgz018/V/eaRIuE7Kkkdvm4';

export interface Passwords {
  /** In the PHC format. `unavailable` (not_applied) when too many wait; so is `verify`. */
  hash(password: string): Promise<string>;
  /** Whether it is the password of the hash. Without a hash it takes as long, and it is not. */
  verify(passwordHash: string | undefined, password: string): Promise<boolean>;
  /** Hashes that wait for a thread. */
  waiting(): number;
}

export interface PasswordsDeps {
  readonly randomness: Randomness;
  readonly clock: Clock;
}

export function createPasswords({ randomness, clock }: PasswordsDeps): Passwords {
  const bulkhead = createBulkhead({
    clock,
    concurrencyMax: HASHES_MAX,
    queueMax: WAITING_MAX,
    queueAgeMaxMs: WAITING_MS_MAX,
  });

  async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    await bulkhead.enter();
    try {
      return await work();
    } finally {
      bulkhead.leave();
    }
  }

  return {
    hash: (password) =>
      inTurn(() => hash(normalise(password), { ...PARAMETERS, salt: randomness.bytes(SALT_BYTES) })),
    async verify(passwordHash, password) {
      const equal = await inTurn(() => verify(passwordHash ?? HASH_OF_NOBODY, normalise(password)));
      return passwordHash !== undefined && equal;
    },
    waiting: () => bulkhead.waiting(),
  };
}

/** Fails with `invalid`, naming `field`, for a password that is too short, too long, or the username. */
export function checkPassword(password: string, username: string, field = 'password'): void {
  const length = [...password].length;
  if (length < PASSWORD_LENGTH_MIN || length > PASSWORD_LENGTH_MAX) {
    throw invalidField(field, `must have ${PASSWORD_LENGTH_MIN} to ${PASSWORD_LENGTH_MAX} characters.`);
  }
  if (password.toLowerCase() === username.toLowerCase()) {
    throw invalidField(field, 'must not be the username. Choose another one.');
  }
}

/** Keyboards differ in how they write the same accented letter (RFC 8265, OpaqueString). */
function normalise(password: string): string {
  return password.normalize('NFC');
}
