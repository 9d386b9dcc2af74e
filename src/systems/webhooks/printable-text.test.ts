import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { printableText } from './printable-text.ts';

describe('what strangers answered', () => {
  it('stays as it is where it is plain, in any script', () => {
    const plain = 'Größe: ½\n\t漢字 👩‍👩‍👧 مرحبا <script>';
    assert.equal(printableText(Buffer.from(plain)), plain);
  });

  it('has no controls and nothing that turns text around', () => {
    const bad = 'a\0b\u001b[31mc\r\nd\u202ee\u2028\u009b';
    const good = 'a\\u{0}b\\u{1b}[31mc\\u{d}\nd\\u{202e}e\\u{2028}\\u{9b}';
    assert.equal(printableText(Buffer.from(bad)), good);
  });

  it('is text whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        assert.doesNotMatch(printableText(Buffer.from(bytes)), /[^\P{Cc}\n\t]/u);
      }),
    );
  });
});
