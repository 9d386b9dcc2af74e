/** Where imported links are to be opened here, and what they are known by afterwards. */
import { hasCode } from '../../../core/errors.ts';
import type { Id } from '../../../core/ids.ts';
import { HOST_LENGTH_MAX, hostNameOf } from '../domains/host-name.ts';
import type { SourceLink } from './formats/source-link.ts';

const SERVER_DOMAIN_ID: Id = 0;

export interface ImportPlace {
  readonly domainId: Id;
  /** Its code; after its host name there, if that is not the shortener's own, because another may have the same code. */
  readonly sourceCode: string | undefined;
}

/** A verified host name of the owner, as it is stored. */
export interface OwnDomain {
  readonly domainId: Id;
  readonly host: string;
}

/** Of a link among those of all hosts. */
export function placeKey(domainId: Id, code: string): string {
  return `${domainId} ${code}`;
}

/**
 * What was opened at a host name of its own is opened there again, if that is a verified one of the owner (`domainOf` fails
 * with `invalid` for any other), else at that of the server. Our own tables name the host that they mean: for these it fails.
 */
export async function placeOf(
  { code, host, sourceHost }: SourceLink,
  domainOf: (host: string) => Promise<OwnDomain>,
): Promise<ImportPlace & { readonly host: string | undefined; readonly note?: string }> {
  const codeAt = (name: string): string | undefined => (code === undefined ? undefined : `${name}/${code}`);
  if (host !== undefined) {
    const domain = await domainOf(host);
    return { ...domain, sourceCode: codeAt(domain.host) };
  }
  const name = sourceHost === undefined ? undefined : hostNameOf(sourceHost);
  if (name === undefined || name.length > HOST_LENGTH_MAX) {
    return { domainId: SERVER_DOMAIN_ID, host: undefined, sourceCode: code };
  }
  try {
    return { ...(await domainOf(name)), sourceCode: codeAt(name) };
  } catch (error) {
    if (!hasCode(error, 'invalid')) throw error;
    const note = `It was opened at ${name}, which is no verified host name of yours.`;
    return { domainId: SERVER_DOMAIN_ID, host: undefined, sourceCode: codeAt(name), note };
  }
}

/** Asks once for each, but again after an outage. */
export function askedOnce<Answer>(ask: (key: string) => Promise<Answer>): (key: string) => Promise<Answer> {
  const answers = new Map<string, Promise<Answer>>();
  return (key) => {
    const known = answers.get(key);
    if (known !== undefined) return known;
    const answer = ask(key);
    answers.set(key, answer);
    answer.catch((error: unknown) => {
      if (!hasCode(error, 'invalid')) answers.delete(key);
    });
    return answer;
  };
}
