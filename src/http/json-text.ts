/** Answers that are JSON text already. */
import type { FastifyReply } from 'fastify';

export function sendJsonText(reply: FastifyReply, text: string): FastifyReply {
  return reply.type('application/json; charset=utf-8').serializer(asIs).send(text);
}

const asIs = (text: unknown): string => String(text);
