/**
 * The program of the yardstick for reads: a bare `node:http` server that answers the bytes that the product
 * answered, and does nothing else.
 */

import { createServer } from 'node:http';
import type { BareAnswer } from './bare-server.ts';

process.on('message', (answers: readonly BareAnswer[]) => {
  const prepared = answers.map(({ body, ...answer }) => ({ ...answer, body: Buffer.from(body, 'base64') }));
  const [only] = prepared;
  const server = createServer((request, response) => {
    // A body is read to its end, as the product must.
    request.resume();
    const url = request.url ?? '';
    const answer = prepared.length === 1 ? only : prepared.find(({ suffix }) => url.endsWith(suffix));
    if (answer === undefined) return response.writeHead(404).end();
    response.writeHead(answer.status, answer.headers);
    return response.end(answer.body);
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
  });
});
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
