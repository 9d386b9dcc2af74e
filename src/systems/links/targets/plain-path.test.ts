import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plainPath } from './plain-path.ts';

describe('a plain path', () => {
  it('is the same however it is spelled', () => {
    for (const spelling of [
      ...['/log/in', '/log/in/', '//log//in', '/%6cog/%69n', '/%6Cog%2Fin', '/%256cog/in', '/log/in;a=b'],
      ...['/log;x/in;y/', '/log/in%2F', '/log/in%3Bx'],
    ]) {
      assert.equal(plainPath(spelling), '/log/in', spelling);
    }
    assert.equal(plainPath('/'), '');
    assert.equal(plainPath('/%C3%BC'), '/ü');
  });

  it('keeps what is another page, and what is no text', () => {
    for (const path of ['/Login', '/loginx', '/%', '/%zz', '/%ff']) assert.equal(plainPath(path), path);
  });

  it('takes no longer for a longer one than that is longer', () => {
    assert.equal(plainPath('/'.repeat(4_096)), '');
    assert.equal(plainPath(`/${';'.repeat(4_096)}`), '');
    assert.match(plainPath(`/%${'25'.repeat(2_000)}41`), /^\/%/);
  });
});
