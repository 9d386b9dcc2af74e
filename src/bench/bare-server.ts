import type { Address } from '../client/http-client.ts';
import type { HttpResponse } from '../client/http-response-parser.ts';
import { type Cores, nextMessage, programBeside, startPinned } from './pinned-process.ts';

/** One answer that the bare server gives to every path that ends with `suffix`. */
export interface BareAnswer {
  readonly suffix: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** In base64. */
  readonly body: string;
}

export interface BareServer {
  readonly address: Address;
  readonly pid: number;
  close(): void;
}

/** Written by `node:http` itself on every answer. */
const OWN_HEADERS = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding', 'content-length']);

/** Makes the bare server repeat a real answer, header fields included. */
export function bareAnswerOf(response: HttpResponse, suffix: string): BareAnswer {
  const fields = response.head.split('\r\n').slice(1);
  const pairs = fields.map((field): [string, string] => {
    const colon = field.indexOf(':');
    return [field.slice(0, colon), field.slice(colon + 1).trim()];
  });
  const headers = Object.fromEntries(pairs.filter(([name]) => !OWN_HEADERS.has(name.toLowerCase())));
  headers['content-length'] = String(response.body.length);
  return { suffix, status: response.status, headers, body: response.body.toString('base64') };
}

export async function startBareServer(answers: readonly BareAnswer[], cores: Cores): Promise<BareServer> {
  const child = startPinned(programBeside('bare-server-process'), [], { cores, stdio: 'ipc' });
  child.send([...answers]);
  const message = await nextMessage(child);
  if (child.pid === undefined || !isPort(message)) throw new Error('the bare server did not start');
  return {
    address: { host: '127.0.0.1', port: message.port },
    pid: child.pid,
    close: () => child.kill('SIGKILL'),
  };
}

function isPort(message: unknown): message is { port: number } {
  return typeof message === 'object' && message !== null && 'port' in message;
}
