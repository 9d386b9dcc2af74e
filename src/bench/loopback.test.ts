import { match, rejects } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { requireLoopback } from './loopback.ts';

describe('requireLoopback', () => {
  it('takes this machine, by name and by address', async () => {
    match(await requireLoopback('http://localhost:8080'), /^http:\/\/(127\.0\.0\.1|\[::1\]):8080$/);
    match(await requireLoopback('http://127.1.2.3:9'), /^http:\/\/127\.1\.2\.3:9$/);
    match(await requireLoopback('http://[::1]:9'), /^http:\/\/\[::1\]:9$/);
  });

  it('refuses every other machine and every other protocol', async () => {
    for (const url of [
      'http://192.0.2.1',
      'http://10.0.0.1:8080',
      'http://[2001:db8::1]',
      'http://0.0.0.0:8080',
    ]) {
      await rejects(requireLoopback(url), /not on this machine/);
    }
    await rejects(requireLoopback('http://127.0.0.1.nonexistent.invalid'), /not on this machine/);
    for (const url of ['https://localhost', 'localhost:8080', 'ftp://127.0.0.1', '']) {
      await rejects(requireLoopback(url), /not an http/);
    }
  });
});
