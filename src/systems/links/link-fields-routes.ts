/** What links and their rules have in common, in JSON. */
import { Type } from 'typebox';
import { TARGET_LENGTH_MAX } from './targets/target-url.ts';

export const Time = Type.String({ format: 'date-time' });
export const NullableTime = (description: string) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'date-time', description });

export const Target = Type.String({
  minLength: 1,
  maxLength: TARGET_LENGTH_MAX,
  description:
    'http or https, on the public internet, without a password in it, and not a link of this server.',
  examples: ['https://example.org/spring?ref=poster'],
});

export function timeOf<Text extends string | null | undefined>(text: Text): Date | Exclude<Text, string> {
  // What is no text is null or undefined, and stays so.
  return typeof text === 'string' ? new Date(text) : (text as Exclude<Text, string>);
}
