import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { packageRoot } from '../../config/package-info.ts';
import { hasCode } from '../../core/errors.ts';
import { type NginxEdge, renderNginxEdge } from './nginx-configuration.ts';

const template = readFileSync(path.join(packageRoot(), 'deploy/nginx/edge.conf.template'), 'utf8');
const edge: NginxEdge = {
  listen: '8080',
  servers: ['10.0.0.5:8080', 'b.example:80', '[::1]:8080'],
  folder: '/var/cache/edge/',
  cacheGigabytes: 5,
  secret: 'abcdefghij-_0123',
};

describe('renderNginxEdge', () => {
  it('fills every place of the template', () => {
    const text = renderNginxEdge(template, edge);
    assert.doesNotMatch(text, /\{\{|\}\}/);
    assert.match(text, /listen 8080;/);
    assert.match(text, /server 10\.0\.0\.5:8080;\n +server b\.example:80;\n +server \[::1\]:8080;\n/);
    assert.match(text, /proxy_cache_path \/var\/cache\/edge\/cache .*max_size=5g/);
    assert.match(text, /abcdefghij-_0123 1;/);
  });

  it('says in every location who asks, of which nginx hands nothing down to one that sets a header', () => {
    const [, ...locations] = renderNginxEdge(template, edge).split(/\n +location /);
    assert.equal(locations.length, 2);
    for (const location of locations) {
      for (const header of ['Host', 'X-Forwarded-For', 'X-Forwarded-Proto', 'Connection']) {
        assert.match(location, new RegExp(`proxy_set_header ${header} `), location);
      }
    }
  });

  it('takes an address to listen on, of either kind', () => {
    for (const listen of ['127.0.0.1:80', '[::]:80']) {
      assert.ok(renderNginxEdge(template, { ...edge, listen }).includes(`listen ${listen};`));
    }
  });

  it('refuses values that could say more than what they are', () => {
    for (const [changes, field] of [
      [{ listen: '80; include /etc/passwd' }, 'listen'],
      [{ listen: '' }, 'listen'],
      [{ servers: [] }, 'to'],
      [{ servers: ['a.example'] }, 'to'],
      [{ servers: ['a.example:80', 'b:80;}'] }, 'to'],
      [{ folder: 'relative' }, 'folder'],
      [{ folder: '/a b' }, 'folder'],
    ] as const) {
      assert.throws(
        () => renderNginxEdge(template, { ...edge, ...changes }),
        (error) => hasCode(error, 'invalid') && error.fields[0]?.field === field,
      );
    }
  });

  it('knows when the template asks for what it has not', () => {
    assert.throws(() => renderNginxEdge('{{nothing}}', edge), /nothing fills/);
  });
});
