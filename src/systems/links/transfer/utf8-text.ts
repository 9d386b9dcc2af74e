import { AppError } from '../../../core/errors.ts';

/**
 * The bytes as text, in the pieces they come in, without a byte order mark. Fails with `invalid` for what is no UTF-8:
 * replacement characters would end up in what is stored.
 */
export async function* utf8Text(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const chunk of chunks) {
    const text = decode(() => decoder.decode(chunk, { stream: true }));
    if (text !== '') yield text;
  }
  const rest = decode(() => decoder.decode());
  if (rest !== '') yield rest;
}

function decode(run: () => string): string {
  try {
    return run();
  } catch (error) {
    throw new AppError('invalid', 'It is not UTF-8. Save it with this encoding, and send it again.', {
      cause: error,
    });
  }
}
