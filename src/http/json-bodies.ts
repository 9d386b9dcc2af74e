import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';

/** What could spell a name that the framework's parser refuses, which looks through all it has parsed. */
const SUSPICIOUS = /__proto__|constructor|\\u/;

/**
 * Bodies are JSON in UTF-8 and nothing else: other types are 415. Bytes that are no UTF-8 are refused, because
 * reading them would put replacement characters into what is stored.
 */
export function registerJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (!isUtf8(body)) return done(Object.assign(new Error('The body is not UTF-8.'), { statusCode: 400 }));
    const text = body.toString();
    if (SUSPICIOUS.test(text)) return void parse(request, text, done);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      // To fail in the framework's words.
      return void parse(request, text, done);
    }
    done(null, value);
  });
}
