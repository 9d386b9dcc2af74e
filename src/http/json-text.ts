/** Answers that are JSON text already. */
import type { FastifyReply } from 'fastify';

const CONTENT_TYPE = 'application/json; charset=utf-8';

export function sendJsonText(reply: FastifyReply, text: string): FastifyReply {
  return reply.type(CONTENT_TYPE).serializer(asIs).send(text);
}

/**
 * The text in UTF-8, each byte as one character of the answer: such texts are joined without a second look at what is
 * in them, and sent without counting and encoding them again. A text in ASCII is its own byte text.
 */
export function byteTextOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** The same byte text in one piece: what was joined is otherwise kept as its parts, and joined again wherever it is used. */
export function flatByteText(byteText: string): string {
  return Buffer.from(byteText, 'latin1').toString('latin1');
}

/** Sends a text of which every part is a byte text. */
export function sendJsonByteText(reply: FastifyReply, byteText: string): FastifyReply {
  return reply.type(CONTENT_TYPE).send(Buffer.from(byteText, 'latin1'));
}

const asIs = (text: unknown): string => String(text);
