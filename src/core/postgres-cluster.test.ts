import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { CLUSTER_NODES_MAX, isClusterUrl, parseClusterUrl } from './postgres-cluster.ts';

function nodesOf(url: string) {
  const parsed = parseClusterUrl(url);
  assert('nodes' in parsed, 'must' in parsed ? parsed.must : '');
  return parsed.nodes;
}

function mistakeIn(url: string): string {
  const parsed = parseClusterUrl(url);
  assert('must' in parsed, `${url} is taken`);
  return parsed.must;
}

describe('a URL of several PostgreSQL servers', () => {
  it('says which may be written to and which are read from, each server once', () => {
    assert.deepEqual(
      nodesOf('postgres://u:p%40x@a:5433,b/db?replica=b:5432&replica=[::1]:7&sslmode=require'),
      [
        {
          name: 'a:5433',
          url: 'postgres://u:p%40x@a:5433/db?sslmode=require',
          mayWrite: true,
          mayRead: false,
        },
        {
          name: 'b:5432',
          url: 'postgres://u:p%40x@b:5432/db?sslmode=require',
          mayWrite: true,
          mayRead: true,
        },
        {
          name: '[::1]:7',
          url: 'postgres://u:p%40x@[::1]:7/db?sslmode=require',
          mayWrite: false,
          mayRead: true,
        },
      ],
    );
  });

  it('is told from that of one server, whatever else that has', () => {
    assert.equal(isClusterUrl('postgres://u:p@a:5432/db?host=/run/postgresql'), false);
    assert.equal(isClusterUrl('postgres://u:p,q@a:5432/db'), false);
    assert.equal(isClusterUrl('postgres://a/db?replica=b'), true);
    assert.equal(isClusterUrl('postgres://a,b/db'), true);
  });

  it('has each mistake named', () => {
    assert.match(mistakeIn('postgres://a:0,b/db'), /host or host:port/);
    assert.match(mistakeIn('postgres://a,,b/db'), /host or host:port/);
    assert.match(mistakeIn('postgres://a/db?replica='), /host or host:port/);
    assert.match(mistakeIn('postgres://a,a:5432/db'), /a:5432 is there again/);
    assert.match(mistakeIn('postgres://a/db?replica=b&replica=b'), /b:5432 is there again/);
    assert.match(mistakeIn('postgres://a,b'), /names the database/);
    assert.match(mistakeIn('postgres://a,b/db?host=c'), /not as host=/);
    const many = (count: number) => Array.from({ length: count }, (_, index) => `h${index}`).join(',');
    assert.equal(nodesOf(`postgres://${many(CLUSTER_NODES_MAX)}/db`).length, CLUSTER_NODES_MAX);
    assert.match(mistakeIn(`postgres://${many(CLUSTER_NODES_MAX + 1)}/db`), /at most 16/);
  });

  it('is read or refused, whatever it is, and what is read are URLs', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        const parsed = parseClusterUrl(`postgres://${text}`);
        if ('nodes' in parsed) for (const { url } of parsed.nodes) assert.ok(URL.canParse(url));
      }),
    );
  });
});
