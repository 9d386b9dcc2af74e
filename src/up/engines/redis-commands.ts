/**
 * A few commands for a Redis that `up` has started, in the protocol's inline form: whether it answers, how much it does,
 * and what makes a cluster of several. The product itself uses a client library (`ports/`).
 */
import { connect } from 'node:net';
import { AppError } from '../../core/errors.ts';

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly password: string;
}

const TIMEOUT_MS = 2_000;
const REPLY_CHARS_MAX = 1_000_000;

/** The answer to one command, as text. Fails with `unavailable` for an error, `timeout` for none. */
export async function askRedis({ host, port, password }: RedisAddress, command: string): Promise<string> {
  const replies = await exchange({ host, port }, `AUTH ${password}\r\n${command}\r\n`, 2);
  const failed = replies.find((reply) => reply.startsWith('-'));
  if (failed !== undefined) throw new AppError('unavailable', failed.slice(1));
  const [, answer = ''] = replies;
  return answer.startsWith('$') ? answer.slice(answer.indexOf('\r\n') + 2) : answer.slice(1);
}

function exchange(address: { host: string; port: number }, text: string, count: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...address, timeout: TIMEOUT_MS });
    let received = '';
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.setEncoding('utf8');
    socket.once('connect', () => socket.write(text));
    socket.once('timeout', () => fail(new AppError('timeout', `nobody answers at port ${address.port}`)));
    socket.once('error', fail);
    socket.once('close', () => reject(new AppError('unavailable', 'the connection was closed')));
    socket.on('data', (part: string) => {
      received += part;
      if (received.length > REPLY_CHARS_MAX)
        return fail(new AppError('unavailable', 'the answer is too long'));
      const replies = splitReplies(received);
      if (replies.length < count) return;
      resolve(replies);
      socket.destroy();
    });
  });
}

/** The whole replies at the beginning of what has come: one line, or `$` with its length and a text. */
export function splitReplies(text: string): string[] {
  const replies: string[] = [];
  for (let start = 0; start < text.length; ) {
    const lineEnd = text.indexOf('\r\n', start);
    if (lineEnd < 0) break;
    const line = text.slice(start, lineEnd);
    const length = line.startsWith('$') ? Math.max(0, Number(line.slice(1))) : undefined;
    const end = length === undefined ? lineEnd : lineEnd + 2 + length;
    if (end + (length === undefined ? 0 : 2) > text.length) break;
    replies.push(text.slice(start, end));
    start = end + 2;
  }
  return replies;
}
