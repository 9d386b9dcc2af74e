/**
 * Bodies that are read while they are worked on, for the few calls that take a whole table: nothing is parsed, held or
 * validated before the route asks for it.
 */
import type { FastifyRequest } from 'fastify';
import { AppError, invalidField } from '../core/errors.ts';
import type { App } from './server.ts';

/** For the routes of this scope alone: bodies of these types stay in the request, for `bodyOf`; others are 415. */
export function streamBodies(scope: App, mediaTypes: readonly string[]): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser([...mediaTypes], (_request, _payload, done) => done(null));
  const refusal = `Send the body as ${mediaTypes.join(' or ')}.`;
  scope.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume();
    done(Object.assign(new Error(refusal), { statusCode: 415 }));
  });
  const compile = scope.validatorCompiler;
  // What the document says of the body is not for the one that validates whole bodies.
  scope.setValidatorCompiler((route) =>
    route.httpPart === 'body' || compile === undefined ? () => true : compile(route),
  );
}

/** The body's type, in lower case and without parameters; empty where there is no body. */
export function mediaTypeOf({ headers }: FastifyRequest): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** The bytes as they come, once. Fails with `invalid` where there is no body. Answers 413 where more than `bytesMax` are announced; fails with `invalid` where more come. */
export async function* bodyOf(request: FastifyRequest, bytesMax: number): AsyncGenerator<Uint8Array> {
  const { raw, headers } = request;
  if (mediaTypeOf(request) === '') throw invalidField('body', 'is missing.');
  if (Number(headers['content-length'] ?? 0) > bytesMax) throw announcedTooLarge();
  let bytes = 0;
  try {
    // Whoever does not want the rest must still be able to answer.
    for await (const chunk of raw.iterator({ destroyOnReturn: false })) {
      bytes += chunk.length;
      if (bytes > bytesMax) throw tooLarge(bytesMax);
      yield chunk;
    }
  } catch (error) {
    throw isCutOff(error) ? new AppError('invalid', 'The body ended too early.', { cause: error }) : error;
  } finally {
    // What is left is read and dropped: the next request comes behind it.
    raw.resume();
  }
}

/** As `bodyOf`, for calls that can do with a part: where the line breaks, it ends with what has arrived. */
export async function* arrivingOf(request: FastifyRequest, bytesMax: number): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of bodyOf(request, bytesMax))
      yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  } catch (error) {
    if (!(error instanceof AppError) || !isCutOff(error.cause)) throw error;
  }
}

function isCutOff(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE';
}

function tooLarge(bytesMax: number): AppError {
  return new AppError('invalid', `The body may have at most ${bytesMax / 1_048_576} MiB. Send it in parts.`);
}

/** As the framework says it of all other bodies. */
function announcedTooLarge(): Error {
  return Object.assign(new Error(), { statusCode: 413, code: 'FST_ERR_CTP_BODY_TOO_LARGE' });
}
