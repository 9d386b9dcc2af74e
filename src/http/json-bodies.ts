import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';

/**
 * Bodies are JSON in UTF-8 and nothing else: other types are 415. Bytes that are no UTF-8 are refused, because
 * reading them would put replacement characters into what is stored.
 */
export function registerJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (isUtf8(body)) void parse(request, body.toString(), done);
    else done(Object.assign(new Error('The body is not UTF-8.'), { statusCode: 400 }));
  });
}
