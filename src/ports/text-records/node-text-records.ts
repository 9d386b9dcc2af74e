/** Text records by the name servers of the system, or those given. */
import { promises as dns } from 'node:dns';
import { AppError } from '../../core/errors.ts';
import { TEXT_RECORDS_TIMEOUT_MS, type TextRecords } from './text-records.ts';

const TRIES = 2;
/** There are none, or no such name. */
const NONE: ReadonlySet<unknown> = new Set([dns.NODATA, dns.NOTFOUND]);

export function createNodeTextRecords({
  servers,
}: {
  readonly servers?: readonly string[];
} = {}): TextRecords {
  const resolver = new dns.Resolver({ timeout: TEXT_RECORDS_TIMEOUT_MS / TRIES, tries: TRIES });
  if (servers !== undefined) resolver.setServers(servers);
  return {
    async get(name) {
      try {
        const records = await resolver.resolveTxt(name);
        return records.map((strings) => strings.join(''));
      } catch (error) {
        if (error instanceof Error && 'code' in error && NONE.has(error.code)) return [];
        throw new AppError('unavailable', `The DNS does not answer about ${name}.`, { cause: error });
      }
    },
  };
}
