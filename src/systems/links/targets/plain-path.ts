/** A path as it is read, however it is spelled. */

/** So often one encoding round another is taken off. */
const DECODED_MAX = 5;

/**
 * Without percent-encoding, parameters (`;x=1`), empty parts, and the slash at the end: servers take them for the same
 * page, so whoever evades a list spells it so. Capital and small letters stay apart, because they lead to different
 * pages on many.
 */
export function plainPath(pathname: string): string {
  return decoded(pathname)
    .replace(/;[^/]*/g, '')
    .replace(/\/{2,}/g, '/')
    .replace(/\/$/, '');
}

function decoded(path: string): string {
  let text = path;
  for (let count = 0; count < DECODED_MAX; count += 1) {
    const next = text.replace(/(?:%[0-9a-f]{2})+/gi, decodeOrKeep);
    if (next === text) break;
    text = next;
  }
  return text;
}

/** Bytes that are no UTF-8 stay as they are. */
function decodeOrKeep(bytes: string): string {
  try {
    return decodeURIComponent(bytes);
  } catch {
    return bytes;
  }
}
