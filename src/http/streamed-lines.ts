/** Answers of many lines, each a JSON object, that begin before all is known. */
import { PassThrough } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../core/errors.ts';
import { problemOf } from './problem.ts';

export const LINES_TYPE = 'application/x-ndjson';

/** Writes one line; waits while the client does not read. Fails once the client is gone. */
export type EmitLine = (line: object) => Promise<void>;

/**
 * Answers 200 with what `produce` emits, from the first line on. A failure before it is answered as everywhere; after
 * it, the problem is the last line, since the status has been sent.
 */
export async function sendLines(
  request: FastifyRequest,
  reply: FastifyReply,
  produce: (emit: EmitLine) => Promise<void>,
): Promise<FastifyReply> {
  const lines = new PassThrough();
  let hasBegun = false;
  let begin: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = () => {
      hasBegun = true;
      resolve();
    };
  });
  const emit: EmitLine = async (line) => {
    if (lines.destroyed) throw clientGone();
    const room = lines.write(`${JSON.stringify(line)}\n`);
    begin();
    // Many clients read nothing before they have sent everything: until then, what they do not read is kept. It is
    // about as much as they send.
    if (!room && request.raw.complete) await drained(lines);
  };
  const work = produce(emit).then(
    () => void lines.end(),
    (error: unknown) => {
      if (!hasBegun) throw error;
      if (!lines.destroyed) lines.end(lastLine(error, request));
    },
  );
  await Promise.race([begun, work]);
  return reply.type(`${LINES_TYPE}; charset=utf-8`).send(lines);
}

function lastLine(error: unknown, request: FastifyRequest): string {
  return `${JSON.stringify({ problem: problemOf(error, request.id) })}\n`;
}

/** Resolves also when the client is gone, which the next line finds out. */
function drained(lines: PassThrough): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      lines.off('drain', done);
      lines.off('close', done);
      resolve();
    };
    lines.on('drain', done);
    lines.on('close', done);
  });
}

function clientGone(): AppError {
  return new AppError('unavailable', 'The client is gone.');
}
