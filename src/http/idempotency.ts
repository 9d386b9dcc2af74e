/**
 * `Idempotency-Key` on every write: the key, the effect and the stored answer commit in one transaction, so a
 * client that lost the answer repeats the call and gets it, and the effect is there once.
 *
 * Same key, same request: the stored answer, with `Idempotent-Replayed: true`. Same key, another request: 422.
 * Same key, still in flight: 409 with `Retry-After`. Keys are kept for 24 hours. Failures are not stored, nor are
 * answers with a token in them. Passwords are no part of the fingerprint: a route that takes one compares it itself.
 */
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError, invalidField } from '../core/errors.ts';
import type { IdempotencyClaim, StoredAnswer } from '../core/idempotency.ts';
import { shardOf } from '../core/ids.ts';
import type { SqlSession, SqlStore, SqlTransaction } from '../ports/sql-store/sql-store.ts';
import { claimKey, deleteExpiredKeys, getKey, insertKey } from './idempotency-queries.ts';
import { sendJsonText } from './json-text.ts';

export const IDEMPOTENCY_KEY_LENGTH_MAX = 255;
/** How long a repeated request is answered as the first one was. */
export const KEY_RETENTION_HOURS = 24;
const KEYS_DELETED_MAX = 5_000;
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

  /** As `answer`, for a result with a token in it, which is not stored: a repeated request gets a new one. */
  answerUnstored<Body, Prepared>(
    request: FastifyRequest,
    reply: FastifyReply,
    status: number,
    write: UnstoredWrite<Body, Prepared>,
  ): Promise<FastifyReply>;

  /**
   * Whether the request was answered before under its key: then preparing it again is for nothing. Fails with
   * `invalid` when the key was used for another request.
   */
  isRepeated(request: FastifyRequest): Promise<boolean>;
}

export interface UnstoredWrite<Body, Prepared> {
  /** What takes long and needs no transaction, such as hashing a password. */
  prepare(): Promise<Prepared>;
  run(transaction: SqlTransaction, prepared: Prepared): Promise<Body>;
  /** Answers a request that was carried out before. Passwords of the request are still to be checked. */
  repeat(): Promise<Body>;
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

    async answerUnstored(request, reply, status, write) {
      const claim = claimOf(request);
      if (claim !== undefined && (await wasAnswered(sql, claim))) return repeat(reply, status, write);
      const prepared = await write.prepare();
      const result = await sql.transaction(async (transaction) => {
        if (claim === undefined) return { body: await write.run(transaction, prepared) };
        await claimOrFail(transaction, claim);
        if (await wasAnswered(transaction, claim)) return undefined;
        const body = await write.run(transaction, prepared);
        await insertAnswer(transaction, claim, { status, body: null });
        return { body };
      });
      return result === undefined ? repeat(reply, status, write) : reply.code(status).send(result.body);
    },

    async isRepeated(request) {
      const claim = claimOf(request);
      return claim !== undefined && (await wasAnswered(sql, claim));
    },
  };
}

/** Forgets keys that are older than KEY_RETENTION_HOURS, a batch of them; answers how many. */
export async function deleteExpiredAnswers(sql: SqlSession): Promise<number> {
  const [row] = await sql.query(deleteExpiredKeys, [KEY_RETENTION_HOURS, KEYS_DELETED_MAX]);
  return row?.deleted ?? 0;
}

async function repeat<Body, Prepared>(
  reply: FastifyReply,
  status: number,
  write: UnstoredWrite<Body, Prepared>,
): Promise<FastifyReply> {
  const body = await write.repeat();
  return reply.header('idempotent-replayed', 'true').code(status).send(body);
}

async function runOnce(
  transaction: SqlTransaction,
  claim: IdempotencyClaim,
  run: () => Promise<StoredAnswer>,
): Promise<{ answer: StoredAnswer; replayed: boolean }> {
  await claimOrFail(transaction, claim);
  const stored = await findAnswer(transaction, claim);
  if (stored !== undefined) return { answer: stored, replayed: true };
  const answer = await run();
  await insertAnswer(transaction, claim, answer);
  return { answer, replayed: false };
}

async function claimOrFail(
  transaction: SqlTransaction,
  { principalId, key }: IdempotencyClaim,
): Promise<void> {
  const [lock] = await transaction.query(claimKey, [principalId, key]);
  if (lock?.claimed !== true) throw keyInFlight();
}

async function findAnswer(session: SqlSession, claim: IdempotencyClaim): Promise<StoredAnswer | undefined> {
  const [stored] = await session.query(getKey, [claim.principalId, claim.key]);
  if (stored === undefined) return undefined;
  if (!stored.fingerprint.equals(claim.fingerprint)) throw keyReused();
  return { status: stored.status, body: stored.body ?? '' };
}

async function wasAnswered(session: SqlSession, claim: IdempotencyClaim): Promise<boolean> {
  return (await findAnswer(session, claim)) !== undefined;
}

async function insertAnswer(
  transaction: SqlTransaction,
  { principalId, key, fingerprint }: IdempotencyClaim,
  { status, body }: { readonly status: number; readonly body: string | null },
): Promise<void> {
  const shard = shardOf(principalId);
  await transaction.query(insertKey, [principalId, key, fingerprint, status, body, shard]);
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
  const parts = canonicalJson([method, routeOptions.url, params, query, withoutPasswords(body)]);
  const fingerprint = createHash('sha256').update(parts).digest();
  return { principalId: request.principal?.userId ?? 0, key, fingerprint };
}

/** A fast hash of a password must not be stored, not even mixed with the rest of the request. */
const PASSWORD_FIELDS: ReadonlySet<string> = new Set(['password', 'current_password']);

function withoutPasswords(body: unknown): unknown {
  if (body === null || typeof body !== 'object' || Array.isArray(body)) return body;
  return Object.fromEntries(Object.entries(body).filter(([name]) => !PASSWORD_FIELDS.has(name)));
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
  return sendJsonText(reply, answer.body);
}

/** The body as the route's response schema writes it. */
export function serialise(reply: FastifyReply, status: number, body: unknown): string {
  const write = reply.getSerializationFunction(String(status));
  // Fastify types the function as taking a record; a route's body is one.
  return write === undefined ? JSON.stringify(body) : write(body as Record<string, unknown>);
}

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
