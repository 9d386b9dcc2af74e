import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TITLE_LENGTH_MAX } from '../link-draft.ts';
import { pageTitleOf } from './page-title.ts';

const HTML = 'text/html; charset=utf-8';

function titleOf(body: string | Buffer, type = HTML, more: Record<string, string> = {}): string | undefined {
  return pageTitleOf({ headers: { 'content-type': type, ...more }, body: Buffer.from(body) });
}

describe('the title of a page', () => {
  it('is its first one, as plain text on one line, or else that of its card', () => {
    assert.equal(titleOf('<title>\n A &amp; B &#x2014;\n\tC </title><title>other</title>'), 'A & B — C');
    assert.equal(titleOf('<head><TITLE lang=en>Big</TITLE></head>'), 'Big');
    assert.equal(titleOf('<meta property="og:title" content="Card"><title> </title>'), 'Card');
    assert.equal(titleOf('<svg><title>drawing</title></svg><title>page</title>'), 'page');
    assert.equal(titleOf('<title>never ended'), 'never ended');
    assert.equal(
      titleOf('<script>"<title>no</title>"</script><!-- <title>no</title> --><title>yes</title>'),
      'yes',
    );
    for (const none of ['', '<title></title>', 'text', '<title>\u202e\u0000</title>'])
      assert.equal(titleOf(none), undefined, none);
  });

  it('is of pages alone, and of none that is packed', () => {
    for (const type of ['', 'application/json', 'text/plain', 'image/svg+xml', 'text/htmlx'])
      assert.equal(titleOf('<title>x</title>', type), undefined, type);
    assert.equal(titleOf('<title>x</title>', HTML, { 'content-encoding': 'gzip' }), undefined);
    assert.equal(titleOf('<title>x</title>', HTML, { 'content-encoding': 'identity' }), 'x');
    assert.equal(titleOf('<title>x</title>', 'application/xhtml+xml'), 'x');
  });

  it('is read as the page is written, by what the answer says before what the page says', () => {
    const latin = Buffer.from('<title>Stra\xdfe</title>', 'latin1');
    assert.equal(titleOf(latin, 'text/html; charset=ISO-8859-1'), 'Straße');
    const meta = Buffer.from('<meta charset="windows-1252"><title>Stra\xdfe</title>', 'latin1');
    assert.equal(titleOf(meta, 'text/html'), 'Straße');
    assert.equal(titleOf('<meta charset=latin1><title>Straße</title>', HTML), 'Straße');
    assert.equal(titleOf('<title>Straße</title>', 'text/html; charset=klingon'), 'Straße');
    assert.equal(
      titleOf(Buffer.from('\ufeff<title>日本</title>', 'utf16le'), 'text/html; charset=utf-16le'),
      '日本',
    );
  });

  it('is one that a link may have, whatever the page is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const title = titleOf(`<title>${text.replaceAll('<', '')}</title>`);
        if (title === undefined) return;
        assert.ok([...title].length <= TITLE_LENGTH_MAX && title === title.trim());
        assert.ok(!/[\p{Cc}\p{Cs}]/u.test(title));
      }),
    );
    assert.equal([...(titleOf(`<title>${'😀'.repeat(300)}</title>`) ?? '')].length, TITLE_LENGTH_MAX);
  });
});
