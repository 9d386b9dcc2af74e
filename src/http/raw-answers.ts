/** Answers to what never becomes a request of ours: Node itself would cut it off, or say no more than a number. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { BodyPaces } from './body-pace.ts';
import { PROBLEM_TYPE, problemOf } from './problem.ts';

const STATUS_OF_ERROR: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};
const DETAILS: Readonly<Record<number, string>> = {
  408: 'The request took too long to arrive. Send it again, or in smaller parts.',
  431: `The head of the request is larger than anything this server reads.`,
};
const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

type ClientError = Error & { readonly code?: string };

/** For what is not HTTP at all, or too slow or too large to become a request. */
export function clientErrorHandler(paces: BodyPaces): (error: ClientError, socket: Socket) => void {
  return (error, socket) => {
    const answer = () => answerClientError(error, socket);
    if (error.code !== 'ERR_HTTP_REQUEST_TIMEOUT' || !paces.hasTime(socket, answer)) answer();
  };
}

function answerClientError({ code = '' }: ClientError, socket: Socket): void {
  if (code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const status = STATUS_OF_ERROR[code] ?? 400;
  answerRaw(socket, refusal(status, DETAILS[status] ?? 'The server could not read the request.'));
}

/** For what Node understands and then refuses by itself. */
export function registerRawAnswers(app: FastifyInstance): void {
  app.server.on('connect', (_request, socket) => {
    // Nobody listens for its errors meanwhile, and one would end the process.
    socket.on('error', () => socket.destroy());
    answerRaw(socket, refusal(405, `This server is no proxy. It takes ${METHODS}.`), `Allow: ${METHODS}\r\n`);
  });
  app.server.on('checkExpectation', (_request, response) => {
    const problem = problemOf(refusal(417, 'Of expectations this server knows 100-continue alone.'), '');
    response.writeHead(problem.status, { 'content-type': PROBLEM_TYPE, connection: 'close' });
    response.end(JSON.stringify(problem));
  });
  app.addHook('onRequest', ({ raw }, _reply, done) => {
    const isHostless = raw.headers.host === undefined && raw.httpVersion === '1.1';
    return isHostless ? done(refusal(400, 'A request of HTTP/1.1 says in "Host" whom it is for.')) : done();
  });
}

function refusal(statusCode: number, detail: string): Error {
  return Object.assign(new Error(detail), { statusCode });
}

/** The last thing that is said on a connection. */
function answerRaw(socket: Duplex, error: Error, headers = ''): void {
  const problem = problemOf(error, '');
  const body = JSON.stringify(problem);
  const type = `Content-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
  const start = `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n`;
  socket.end(`${start}${headers}${type}Connection: close\r\n\r\n${body}`);
}
