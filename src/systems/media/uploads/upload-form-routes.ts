/** How a picture arrives: a form with a file in it, stored while it is read. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf } from '../../../http/auth.ts';
import { claimOf, type Writes } from '../../../http/idempotency.ts';
import { readForm } from '../../../http/multipart.ts';
import type { SqlTransaction } from '../../../ports/sql-store/sql-store.ts';
import { PICTURE_BYTES_MAX } from '../picture-limits.ts';
import type { StoredOriginal, Uploads } from './uploads.ts';

export interface UploadRequest<Parsed, Body> {
  readonly fields: readonly string[];
  /** From the fields to what they say. Fails with `invalid`, naming the field. */
  parse(fields: Readonly<Record<string, string>>): Parsed;
  work(transaction: SqlTransaction, original: StoredOriginal, parsed: Parsed): Promise<Body>;
}

/**
 * Stores the picture, does the work in one transaction and answers 201; with an Idempotency-Key, at most once: the request
 * is what its fields say and what its file holds. What was stored in vain is removed.
 */
export async function answerUpload<Parsed, Body>(
  { uploads, writes }: { readonly uploads: Uploads; readonly writes: Writes },
  request: FastifyRequest,
  reply: FastifyReply,
  { fields: names, parse, work }: UploadRequest<Parsed, Body>,
): Promise<FastifyReply> {
  const { userId } = callerOf(request);
  const key = claimOf(request)?.key;
  const form = await readForm(
    request,
    {
      fields: names,
      fileBytesMax: PICTURE_BYTES_MAX,
      file: (content) => uploads.store(userId, content, key),
    },
    uploads.settle,
  );
  try {
    const parsed = parse(form.fields);
    // What the key stands for.
    request.body = { ...form.fields, file: form.filed.sha256 };
    return await writes.answer(request, reply, 201, (transaction) => work(transaction, form.filed, parsed));
  } finally {
    await uploads.settle(form.filed);
  }
}
