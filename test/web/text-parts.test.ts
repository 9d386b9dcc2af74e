/** Where the text of a post leads: what is a link, and how far it goes. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { importWebModule } from '../support/web-module.ts';

interface Said {
  readonly text: string;
  readonly mentions: readonly { readonly username: string }[];
  readonly tags: readonly string[];
}

type Part = string | { readonly href: string; readonly shown: string };

/** As web/src/posts/text-parts.ts has it. */
type TextParts = (said: Said) => readonly Part[];

it('finds addresses, names and tags in a text, each as far as it goes', async (test) => {
  const { textParts } = await importWebModule<{ textParts: TextParts }>(test, 'posts/text-parts.ts');
  const said = { mentions: [{ username: 'Alice' }], tags: ['sea'] };

  function linksOf(text: string): string[] {
    return textParts({ ...said, text }).flatMap((part) => (typeof part === 'string' ? [] : [part.href]));
  }

  assert.deepEqual(textParts({ ...said, text: 'See http://www.example.org/a, @alice!' }), [
    'See ',
    { href: 'http://www.example.org/a', shown: 'example.org/a', isForeign: true },
    ', ',
    { href: '/@alice', shown: '@alice', isForeign: false },
    '!',
  ]);
  assert.deepEqual(linksOf('See https://example.org/a.'), ['https://example.org/a']);
  assert.deepEqual(linksOf('(see https://example.org/a)'), ['https://example.org/a']);
  assert.deepEqual(linksOf('https://example.org/Wave_(sea), really'), ['https://example.org/Wave_(sea)']);
  assert.deepEqual(linksOf('(https://example.org/Wave_(sea))'), ['https://example.org/Wave_(sea)']);
  assert.deepEqual(linksOf('http://[2001:db8::1]/'), ['http://[2001:db8::1]/']);
  assert.deepEqual(linksOf('https://'), []);
  assert.deepEqual(linksOf('https://bank.example@evil.example/'), []);
  assert.deepEqual(linksOf('https://bank.example:secret@evil.example/'), []);
  assert.deepEqual(linksOf('javascript:alert(1) data:text/html,x'), []);
  assert.deepEqual(linksOf('@alice and @bob, #Sea and #land'), ['/@alice', '/tags/sea']);
  const long = textParts({ ...said, text: `https://example.org/${'a'.repeat(100)}` })[0];
  assert.ok(typeof long === 'object' && long.shown.length === 41 && long.href.length === 120);
});
