import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import fastify from 'fastify';
import { escapeHtml, sendPage } from './page.ts';

describe('a page of ours', () => {
  it('runs the one script and has the one style that are in it, by its policy', async () => {
    const app = fastify();
    app.get('/', (_request, reply) => sendPage(reply, { title: 'T', body: '<p>hi', script: 'alert(1)' }));
    const { body, headers } = await app.inject({ url: '/' });
    const policy = String(headers['content-security-policy']);
    for (const tag of ['script', 'style']) {
      const [, source = ''] = new RegExp(`<${tag}>([\\s\\S]*)</${tag}>`).exec(body) ?? [];
      const hash = createHash('sha256').update(source).digest('base64');
      assert.ok(policy.includes(`${tag}-src 'sha256-${hash}'`), `${tag} in ${policy}`);
    }
    assert.doesNotMatch(policy, /unsafe/);
  });

  it('without a script allows none', async () => {
    const app = fastify();
    app.get('/', (_request, reply) => sendPage(reply, { title: 'T', body: '' }));
    const { headers } = await app.inject({ url: '/' });
    assert.doesNotMatch(String(headers['content-security-policy']), /script-src|connect-src/);
  });

  it('shows what comes from outside as text', () => {
    assert.equal(escapeHtml(`<a href="x">'&`), '&#60;a href=&#34;x&#34;&#62;&#39;&#38;');
  });
});
