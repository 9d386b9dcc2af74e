import { AppError } from '../core/errors.ts';

/** More than any password may have. */
const LENGTH_MAX = 4_096;

/**
 * The password that another program sends, without the line end after it. Fails with `invalid` on a terminal, which
 * would show what is typed.
 */
export async function readPassword(
  input: AsyncIterable<Buffer | string> & { readonly isTTY?: boolean } = process.stdin,
): Promise<string> {
  if (input.isTTY) {
    throw new AppError(
      'invalid',
      'A terminal would show the password. Send it from a file or a program: … --password-stdin < FILE',
    );
  }
  let text = '';
  for await (const part of input) {
    text += part.toString();
    if (text.length > LENGTH_MAX) throw new AppError('invalid', 'Standard input is too long for a password.');
  }
  return text.replace(/\r?\n$/, '');
}
