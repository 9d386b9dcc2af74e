/** People and programs who open short links as fast as they are answered, and note every answer and when it came. */
import { addressOf } from '../../src/client/http-client.ts';
import { createHttpConnection, HttpConnectionError } from '../../src/client/http-connection.ts';
import { systemClock } from '../../src/core/clock.ts';

/** Each second one is a browser, of which some are the same person; the others are bots and previews. */
const USER_AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36',
  'Googlebot/2.1 (+http://www.google.com/bot.html)',
  'Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0',
  'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)',
] as const;
const TIMEOUT_MS = 30_000;

export interface Opening {
  readonly code: string;
  readonly kind: 'humans' | 'bots' | 'previews';
  /** When its answer came, in milliseconds since 1970. */
  readonly answeredAtMs: number;
}

export interface ClickingPeople {
  readonly openings: readonly Opening[];
  /** Requests that got no answer: nobody knows whether they count. */
  readonly unanswered: () => number;
  /** Answers that were no redirect. */
  readonly complaints: readonly string[];
  /** Resolves when everybody has ended: all is opened, or the server is gone. */
  readonly ended: Promise<unknown>;
}

export function startClicking(options: {
  readonly url: string;
  readonly codes: readonly string[];
  readonly clients: number;
  readonly openings: number;
}): ClickingPeople {
  const { codes, clients } = options;
  const address = addressOf(options.url);
  const openings: Opening[] = [];
  const complaints: string[] = [];
  let unanswered = 0;
  let started = 0;

  async function click(): Promise<void> {
    const connection = createHttpConnection({ ...address, timeoutMs: TIMEOUT_MS });
    try {
      while (started < options.openings) {
        const number = started;
        started += 1;
        const code = codes[number % codes.length] ?? '';
        const userAgent = USER_AGENTS[number % USER_AGENTS.length] ?? '';
        const { status } = await connection.send(
          `GET /l/${code} HTTP/1.1\r\nHost: ${address.host}:${address.port}\r\nUser-Agent: ${userAgent}\r\n\r\n`,
        );
        if (status === 302)
          openings.push({ code, kind: kindOf(userAgent), answeredAtMs: systemClock.nowMs() });
        else complaints.push(`${code} was answered ${status}`);
      }
    } catch (error) {
      if (!(error instanceof HttpConnectionError)) throw error;
      if (error.sent) unanswered += 1;
    } finally {
      connection.close();
    }
  }

  return {
    openings,
    complaints,
    unanswered: () => unanswered,
    ended: Promise.all(Array.from({ length: clients }, click)),
  };
}

function kindOf(userAgent: string): Opening['kind'] {
  if (userAgent.startsWith('Mozilla')) return 'humans';
  return userAgent.startsWith('Googlebot') ? 'bots' : 'previews';
}
