/**
 * String interning. A header is a slice that holds all of the request that it came in, and whoever keeps thousands of them for
 * a tenth of a second has the garbage collector copy as many requests: three milliseconds each time, at 30,000 requests a
 * second. But most visitors send what others have sent, and a text that is in the pool already is old, and costs nothing.
 */
export type StringPool = (text: string) => string;

/** Answers an equal text that holds nothing but itself. Forgets all once it has `textsMax`. */
export function createStringPool(textsMax: number): StringPool {
  const pool = new Map<string, string>();
  return (text) => {
    if (text === '') return '';
    const known = pool.get(text);
    if (known !== undefined) return known;
    if (pool.size >= textsMax) pool.clear();
    // Concatenations and slices refer to others; what is read from bytes does not.
    const own = Buffer.from(text).toString();
    pool.set(own, own);
    return own;
  };
}
