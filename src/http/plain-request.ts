/**
 * The head of a request as browsers and programs send it when they open a link: a GET without a body, on a connection that
 * stays. It is read strictly (RFC 9112), so that nobody before or behind us can take it for something else: whatever is in
 * any way unusual is not plain, and is left to Node's HTTP server, which decides what that is.
 */

/** What whoever answers a request without Node's HTTP server knows of it; an `IncomingMessage` is one, too. */
export interface RequestHead<Connection> {
  readonly method?: string | undefined;
  url?: string | undefined;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: string[];
  readonly socket: Connection;
}

export interface PlainRequest<Connection> extends RequestHead<Connection> {
  url: string;
  /** Where in the text it ends. */
  readonly end: number;
}

const START = 'GET /';
const VERSION = ' HTTP/1.1\r\n';
const [TAB, SPACE, COLON, LAST_VISIBLE] = [9, 32, 58, 126];
/** RFC 9110, 5.6.2. */
const IS_TOKEN = Uint8Array.from({ length: 256 }, (_, code) =>
  /[!#$%&'*+.^_`|~0-9A-Za-z-]/.test(String.fromCharCode(code)) ? 1 : 0,
);
/** Headers that make more of a request than its head, by their lengths. */
const NOT_PLAIN: readonly (readonly string[])[] = Array.from({ length: 18 }, (_, length) =>
  ['expect', 'upgrade', 'content-length', 'transfer-encoding'].filter((name) => name.length === length),
);

/** Of the request that begins at `at` of `text` (Latin-1); `undefined`: it is not plain, or not all of it is there. */
export function plainRequestAt<Connection>(
  text: string,
  at: number,
  socket: Connection,
): PlainRequest<Connection> | undefined {
  if (!text.startsWith(START, at)) return undefined;
  const urlAt = at + START.length - 1;
  let urlEnd = urlAt + 1;
  for (let code = text.charCodeAt(urlEnd); code > SPACE && code <= LAST_VISIBLE; ) {
    urlEnd += 1;
    code = text.charCodeAt(urlEnd);
  }
  if (!text.startsWith(VERSION, urlEnd)) return undefined;
  const rawHeaders: string[] = [];
  const end = readHeaders(text, urlEnd + VERSION.length, rawHeaders);
  return end < 0 ? undefined : { method: 'GET', url: text.slice(urlAt, urlEnd), rawHeaders, socket, end };
}

/** Where the head ends; -1: it is not plain, or not all there. */
function readHeaders(text: string, from: number, rawHeaders: string[]): number {
  let hosts = 0;
  let lineAt = from;
  for (;;) {
    const lineEnd = text.indexOf('\n', lineAt) - 1;
    // One CR in a line, before its LF.
    if (lineEnd < lineAt || text.indexOf('\r', lineAt) !== lineEnd) return -1;
    if (lineEnd === lineAt) return hosts === 1 ? lineEnd + 2 : -1;
    let colon = lineAt;
    while (IS_TOKEN[text.charCodeAt(colon)] === 1) colon += 1;
    if (colon === lineAt || text.charCodeAt(colon) !== COLON) return -1;
    const name = text.slice(lineAt, colon);
    const value = textOfValue(text, colon + 1, lineEnd);
    if (value === undefined) return -1;
    const lowerCase = isTold(name.length) ? name.toLowerCase() : '';
    if (lowerCase === 'host') hosts += 1;
    if (lowerCase === 'connection' && value.toLowerCase() !== 'keep-alive') return -1;
    if (NOT_PLAIN[name.length]?.includes(lowerCase) === true) return -1;
    rawHeaders.push(name, value);
    lineAt = lineEnd + 2;
  }
}

function isTold(length: number): boolean {
  return length === 4 || length === 10 || (NOT_PLAIN[length]?.length ?? 0) > 0;
}

/** Without the blanks around it; `undefined` where it has control characters. */
function textOfValue(text: string, from: number, to: number): string | undefined {
  let [start, end] = [from, to];
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  for (let index = start; index < end; index += 1) {
    const code = text.charCodeAt(index);
    if (code < SPACE ? code !== TAB : code === 127) return undefined;
  }
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}
