import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { readPassword } from './standard-input.ts';

describe('a password from standard input', () => {
  it('is all that is sent, without the line end after it', async () => {
    assert.equal(await readPassword(Readable.from(['cor', 'rect horse \n'])), 'correct horse ');
    assert.equal(await readPassword(Readable.from(['secret\r\n'])), 'secret');
    assert.equal(await readPassword(Readable.from([])), '');
  });

  it('has a limit', async () => {
    assert.equal((await readPassword(Readable.from(['x'.repeat(4_096)]))).length, 4_096);
    await assert.rejects(readPassword(Readable.from(['x'.repeat(4_097)])), { code: 'invalid' });
  });

  it('is not typed on a terminal, which would show it', async () => {
    const terminal = Object.assign(Readable.from(['secret']), { isTTY: true });
    await assert.rejects(readPassword(terminal), { code: 'invalid' });
  });
});
