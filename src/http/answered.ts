/**
 * When a request counts as answered: for nearly all when the answer is complete, and for one that never ends, such as
 * live updates, when it begins. Otherwise a connection that lasts for hours would be a request in flight, and slow.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    answered: boolean;
  }
  interface FastifyInstance {
    /** The answer of the request begins, and goes on for as long as its connection. */
    streamBegins(request: FastifyRequest, status: number): void;
  }
}

type Answered = (request: FastifyRequest, status: number) => void;

/** Calls its listeners once for each request. */
export interface Answers {
  onAnswered(listener: Answered): void;
}

export function registerAnswers(app: FastifyInstance): Answers {
  const listeners: Answered[] = [];
  const tell: Answered = (request, status) => {
    if (request.answered) return;
    request.answered = true;
    for (const listener of listeners) listener(request, status);
  };
  app.decorateRequest('answered', false);
  app.decorate('streamBegins', tell);
  app.addHook('onResponse', (request, reply, done) => {
    tell(request, reply.statusCode);
    done();
  });
  return { onAnswered: (listener) => void listeners.push(listener) };
}
