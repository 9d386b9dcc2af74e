/** A name server on this machine that says what a test wants: real answers to a real resolver. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';

export interface TestNameServer {
  /** As resolvers take it. */
  readonly address: string;
  /** From now on the name has these addresses; a list of lists: the first query of a kind gets the first, and so on. */
  set(name: string, ...answers: readonly (readonly string[])[]): void;
  /** From now on the name has these TXT records. */
  setTexts(name: string, ...texts: readonly string[]): void;
  /** How often IPv4 addresses of the name were asked for. */
  queries(name: string): number;
  close(): Promise<void>;
}

const TYPE_A = 1;
const TYPE_TXT = 16;
const TYPE_AAAA = 28;
/** Of a string in a TXT record. */
const TEXT_BYTES_MAX = 255;
const HEADER_BYTES = 12;
const NO_SUCH_NAME = 3;

export async function startNameServer(): Promise<TestNameServer> {
  const socket = createSocket('udp4');
  const names = new Map<string, readonly (readonly string[])[]>();
  const texts = new Map<string, readonly string[]>();
  const asked = new Map<string, number>();
  socket.on('message', (query, { port, address }) => {
    const { name, type, end } = questionOf(query);
    const count = asked.get(`${name} ${type}`) ?? 0;
    asked.set(`${name} ${type}`, count + 1);
    if (type === TYPE_TXT) {
      const records = texts.get(name)?.map((text) => recordOf(TYPE_TXT, textBytes(text)));
      socket.send(answerOf(query.subarray(0, end), records), port, address);
      return;
    }
    const answers = names.get(name);
    const current = answers?.[Math.min(count, answers.length - 1)];
    socket.send(answerTo(query.subarray(0, end), type, current), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    set(name, ...answers) {
      names.set(name, answers);
      for (const type of [TYPE_A, TYPE_AAAA]) asked.delete(`${name} ${type}`);
    },
    setTexts(name, ...records) {
      texts.set(name, records);
    },
    queries: (name) => asked.get(`${name} ${TYPE_A}`) ?? 0,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

interface Question {
  readonly name: string;
  readonly type: number;
  /** Where the question ends in the message. */
  readonly end: number;
}

/** RFC 1035, 4.1. */
function questionOf(query: Buffer): Question {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function answerTo(query: Buffer, type: number, addresses: readonly string[] | undefined): Buffer {
  const records = addresses
    ?.filter((address) => isIPv4(address) === (type === TYPE_A))
    .map((address) => recordOf(type, type === TYPE_A ? address.split('.').map(Number) : ipv6Bytes(address)));
  return answerOf(query, records);
}

/** `undefined`: there is no such name. */
function answerOf(query: Buffer, records: readonly Buffer[] | undefined): Buffer {
  const header = Buffer.from(query.subarray(0, HEADER_BYTES));
  header.writeUInt16BE(0x8180 | (records === undefined ? NO_SUCH_NAME : 0), 2);
  header.writeUInt16BE(records?.length ?? 0, 6);
  header.fill(0, 8, HEADER_BYTES);
  return Buffer.concat([header, query.subarray(HEADER_BYTES), ...(records ?? [])]);
}

/** Of the name in the question, and nobody may keep it. */
function recordOf(type: number, bytes: readonly number[]): Buffer {
  const head = [0xc0, HEADER_BYTES, 0, type, 0, 1, 0, 0, 0, 0, bytes.length >> 8, bytes.length & 0xff];
  return Buffer.from([...head, ...bytes]);
}

function textBytes(text: string): number[] {
  const bytes = [...Buffer.from(text)];
  const strings: number[] = [];
  for (let at = 0; at < bytes.length; at += TEXT_BYTES_MAX) {
    const part = bytes.slice(at, at + TEXT_BYTES_MAX);
    strings.push(part.length, ...part);
  }
  return strings;
}

function ipv6Bytes(address: string): number[] {
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string) => text.split(':').filter((group) => group !== '');
  const zeros = Array.from({ length: 8 - groups(head).length - groups(tail).length }, () => '0');
  return [...groups(head), ...zeros, ...groups(tail)].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
