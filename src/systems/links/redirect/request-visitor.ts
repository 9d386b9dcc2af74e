/** The visitor of a request, from its head as it came: to make an object of all headers costs more than the answer. */
import type { IncomingMessage } from 'node:http';
import type { Visitor } from './visitor.ts';

/** With the host that was asked for, in lower case. */
export interface RequestVisitor extends Visitor {
  readonly host: string;
  /** Without the query. */
  readonly path: string;
}

export function visitorOf(
  request: Pick<IncomingMessage, 'method' | 'url' | 'rawHeaders'>,
  address: string,
): RequestVisitor {
  const { rawHeaders, url = '/' } = request;
  // One literal, without spreading others into it, which takes 5 us (Node 20).
  const visitor = {
    method: request.method === 'HEAD' ? ('HEAD' as const) : ('GET' as const),
    userAgent: '',
    referrer: '',
    language: '',
    purpose: '',
    isPrivate: false,
    host: '',
    address,
    path: url,
    query: '',
  };
  const mark = url.indexOf('?');
  if (mark >= 0) {
    visitor.path = url.slice(0, mark);
    visitor.query = url.slice(mark + 1);
  }
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    // By length first: most headers are none of these.
    switch (name.length) {
      case 4:
        if (isNamed(name, 'host')) visitor.host = (rawHeaders[index + 1] ?? '').toLowerCase();
        break;
      case 5:
        if (isNamed(name, 'x-moz')) visitor.purpose = rawHeaders[index + 1] ?? '';
        break;
      case 7:
        if (isNamed(name, 'referer')) visitor.referrer = rawHeaders[index + 1] ?? '';
        else if (isNamed(name, 'purpose')) visitor.purpose = rawHeaders[index + 1] ?? '';
        else if (isNamed(name, 'sec-gpc')) visitor.isPrivate = rawHeaders[index + 1] === '1';
        break;
      case 9:
        if (isNamed(name, 'x-purpose')) visitor.purpose = rawHeaders[index + 1] ?? '';
        break;
      case 10:
        if (isNamed(name, 'user-agent')) visitor.userAgent = rawHeaders[index + 1] ?? '';
        break;
      case 11:
        if (isNamed(name, 'sec-purpose')) visitor.purpose = rawHeaders[index + 1] ?? '';
        break;
      case 15:
        if (isNamed(name, 'accept-language')) visitor.language = rawHeaders[index + 1] ?? '';
        break;
    }
  }
  return visitor;
}

function isNamed(name: string, wanted: string): boolean {
  return name === wanted || name.toLowerCase() === wanted;
}
