/** Forms with a file in them (RFC 7578), read as they arrive: the file is worked on before all of it is there. */
import type { Readable } from 'node:stream';
import { Busboy, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import type { FastifyRequest } from 'fastify';
import { AppError, invalidField } from '../core/errors.ts';
import { mediaTypeOf } from './streamed-bodies.ts';

export const MULTIPART_TYPE = 'multipart/form-data';

const FIELDS_MAX = 20;
const FIELD_BYTES_MAX = 16_384;
/** For the fields and what stands between the parts. */
const FORM_BYTES = 65_536;

export interface FormReading<Filed> {
  /** The names of the fields that it may have. */
  readonly fields: readonly string[];
  /** At most, of the file. */
  readonly fileBytesMax: number;
  /** Works on the content of the field `file`. When it fails, so does the reading, at once. */
  file(content: AsyncIterable<Buffer>): Promise<Filed>;
}

export interface Form<Filed> {
  readonly fields: Readonly<Record<string, string>>;
  readonly filed: Filed;
}

/**
 * Reads the form of a request whose body was left alone (`streamBodies`). Fails with `invalid`, naming the field, for one
 * that is unknown, too long or there twice, and for a form without a file or cut off; answers 413 where more bytes are
 * announced than there may be. When it fails, `abandon` is called with what has become of the file.
 */
export async function readForm<Filed>(
  request: FastifyRequest,
  reading: FormReading<Filed>,
  abandon: (filed: Filed) => Promise<void>,
): Promise<Form<Filed>> {
  if (mediaTypeOf(request) !== MULTIPART_TYPE) throw noForm();
  const bytesMax = reading.fileBytesMax + FORM_BYTES;
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw tooLarge(reading.fileBytesMax);
  const fields: Record<string, string> = {};
  const parser = openParser(request);
  let file: Readable | undefined;
  let filed: Promise<Filed> | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      parser.on('field', (name, value, _nameCut, valueCut) => {
        if (!reading.fields.includes(name)) reject(unknownField(name));
        else if (name in fields) reject(invalidField(name, 'is there twice.'));
        else if (valueCut) reject(invalidField(name, `has more than ${FIELD_BYTES_MAX} bytes.`));
        else fields[name] = value;
      });
      parser.on('file', (name, content) => {
        // What it fails with, `content` tells whoever reads it.
        content.on('error', () => undefined);
        if (name !== 'file') return reject(unknownField(name));
        if (filed !== undefined) return reject(invalidField('file', 'is there twice.'));
        file = content;
        filed = reading.file(content);
        filed.catch(reject);
      });
      parser.once('fieldsLimit', () => reject(new AppError('invalid', `At most ${FIELDS_MAX} fields.`)));
      parser.once('finish', resolve).once('error', reject);
      feed(parser, request.raw, bytesMax, () => reject(tooLarge(reading.fileBytesMax)), reject);
    });
    if (filed === undefined) throw invalidField('file', 'is missing.');
    return { fields, filed: await filed };
  } catch (error) {
    file?.destroy(error instanceof Error ? error : undefined);
    await filed?.then(abandon).catch(() => undefined);
    throw translated(error);
  } finally {
    // What is left of the request is read and dropped, so that its client reads the answer.
    request.raw.unpipe(parser).resume();
  }
}

function feed(
  parser: BusboyInstance,
  raw: FastifyRequest['raw'],
  bytesMax: number,
  failTooLarge: () => void,
  fail: (error: Error) => void,
): void {
  let bytes = 0;
  raw.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > bytesMax) failTooLarge();
  });
  raw.once('error', fail);
  raw.once('close', () => {
    if (!raw.complete) fail(new Error('the request was cut off'));
  });
  raw.pipe(parser);
}

function openParser({ headers }: FastifyRequest): BusboyInstance {
  try {
    return new Busboy({
      // It has a type: that of a form.
      headers: headers as BusboyHeaders,
      limits: { fields: FIELDS_MAX, fieldSize: FIELD_BYTES_MAX, files: 2, headerPairs: 20 },
    });
  } catch (error) {
    throw new AppError('invalid', 'The form has no boundary in its Content-Type.', { cause: error });
  }
}

function translated(error: unknown): unknown {
  const isOurs = error instanceof AppError || (error instanceof Error && 'statusCode' in error);
  return isOurs ? error : new AppError('invalid', 'The form is cut off, or no form.', { cause: error });
}

/** With the status that the framework has for all other bodies. */
function tooLarge(fileBytesMax: number): Error {
  const text = `The file may have at most ${fileBytesMax / 1_048_576} MiB. Send a smaller one.`;
  return Object.assign(new Error(text), { statusCode: 413 });
}

function unknownField(name: string): AppError {
  return invalidField(name.slice(0, 100), 'is not a field of this call. Check its spelling or leave it out.');
}

function noForm(): AppError {
  return new AppError('invalid', `Send a form, as ${MULTIPART_TYPE}.`);
}
