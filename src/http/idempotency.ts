/**
 * `Idempotency-Key` on every write: the key, the effect and the stored answer commit in one transaction, so a
 * client that lost the answer repeats the call and gets it, and the effect is there once.
 *
 * Same key, same request: the stored answer, with `Idempotent-Replayed: true`. Same key, another request: 422.
 * Same key, still in flight: 409 with `Retry-After`. Keys are kept for 24 hours. Failures are not stored.
 */
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError, invalidField } from '../core/errors.ts';
import type { IdempotencyClaim, StoredAnswer } from '../core/idempotency.ts';
import { shardOf } from '../core/ids.ts';
import type { SqlStore, SqlTransaction } from '../ports/sql-store/sql-store.ts';
import { claimKey, getKey, insertKey } from './idempotency-queries.ts';

export const IDEMPOTENCY_KEY_LENGTH_MAX = 255;
const HEADER = 'idempotency-key';

/** Runs writes so that a repeated one is answered, not repeated. */
export interface Writes {
  /**
   * Runs `work` in one transaction and sends its result with `status`; with an Idempotency-Key, at most once.
   * 204 sends no body. The result is serialised by the route's schema before the commit.
   */
  answer<Body>(
    request: FastifyRequest,
    reply: FastifyReply,
    status: number,
    work: (transaction: SqlTransaction) => Promise<Body>,
  ): Promise<FastifyReply>;
}

export function createWrites(sql: SqlStore): Writes {
  return {
    async answer(request, reply, status, work) {
      const claim = claimOf(request);
      const { answer, replayed } = await sql.transaction(async (transaction) => {
        const run = async (): Promise<StoredAnswer> => {
          const body = await work(transaction);
          return { status, body: status === 204 ? '' : serialise(reply, status, body) };
        };
        if (claim === undefined) return { answer: await run(), replayed: false };
        return runOnce(transaction, claim, run);
      });
      return sendAnswer(reply, answer, replayed);
    },
  };
}

async function runOnce(
  transaction: SqlTransaction,
  claim: IdempotencyClaim,
  run: () => Promise<StoredAnswer>,
): Promise<{ answer: StoredAnswer; replayed: boolean }> {
  const { principalId, key, fingerprint } = claim;
  const [lock] = await transaction.query(claimKey, [principalId, key]);
  if (lock?.claimed !== true) throw keyInFlight();
  const [stored] = await transaction.query(getKey, [principalId, key]);
  if (stored !== undefined) {
    if (!stored.fingerprint.equals(fingerprint)) throw keyReused();
    return { answer: { status: stored.status, body: stored.body ?? '' }, replayed: true };
  }
  const answer = await run();
  const shard = shardOf(principalId);
  await transaction.query(insertKey, [principalId, key, fingerprint, answer.status, answer.body, shard]);
  return { answer, replayed: false };
}

/** The request's key, or `undefined` without one. Fails with `invalid` for a key that is empty or too long. */
export function claimOf(request: FastifyRequest): IdempotencyClaim | undefined {
  const key = request.headers[HEADER];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || !/^[\x21-\x7e]+$/.test(key) || key.length > IDEMPOTENCY_KEY_LENGTH_MAX) {
    throw invalidField(
      'Idempotency-Key',
      `must be 1 to ${IDEMPOTENCY_KEY_LENGTH_MAX} visible ASCII characters.`,
    );
  }
  const { method, routeOptions, params, query, body } = request;
  const parts = canonicalJson([method, routeOptions.url, params, query, body]);
  const fingerprint = createHash('sha256').update(parts).digest();
  return { principalId: request.principal?.userId ?? 0, key, fingerprint };
}

export function keyInFlight(): AppError {
  const message = 'A request with this Idempotency-Key is still running. Try again in a second.';
  return new AppError('conflict', message, { retryAfterS: 1 });
}

export function keyReused(): AppError {
  const message = 'was used for another request. Use a new key for each new request.';
  return invalidField('Idempotency-Key', message);
}

/** Sends what was stored, or is about to be known to be: the same bytes both times. */
export function sendAnswer(reply: FastifyReply, answer: StoredAnswer, replayed: boolean): FastifyReply {
  if (replayed) reply.header('idempotent-replayed', 'true');
  reply.code(answer.status);
  if (answer.status === 204) return reply.send();
  return reply.type('application/json; charset=utf-8').serializer(asIs).send(answer.body);
}

/** The body as the route's response schema writes it. */
export function serialise(reply: FastifyReply, status: number, body: unknown): string {
  const write = reply.getSerializationFunction(String(status));
  // Fastify types the function as taking a record; a route's body is one.
  return write === undefined ? JSON.stringify(body) : write(body as Record<string, unknown>);
}

const asIs = (body: unknown): string => String(body);

/** JSON with the keys of every object in order, so that two spellings of one request are the same request. */
function canonicalJson(value: unknown): string {
  return (
    JSON.stringify(value, (_key, part: unknown) =>
      part !== null && typeof part === 'object' && !Array.isArray(part)
        ? Object.fromEntries(Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1)))
        : part,
    ) ?? ''
  );
}
