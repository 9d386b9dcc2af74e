import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError, loadConfig } from './config.ts';

describe('configuration', () => {
  it('needs nothing: the defaults are the embedded engines on localhost:8080 with every role', () => {
    const config = loadConfig({});
    assert.equal(config.http.port, 8080);
    assert.equal(config.database.url, undefined);
    assert.deepEqual(config.roles, ['api', 'worker', 'dispatch']);
    assert.match(config.dataFolder, /^\/.*data$/);
    assert.equal(config.diskReserveBytes, 256 * 1_048_576);
    assert.equal(config.timelinesMax, 1_000_000);
    assert.equal(config.outboundPrivate, 'refuse');
    assert.deepEqual(config.pullLimits, { pullFollowers: 10_000, pullDeliveries: 1_000_000 });
  });

  it('reports every mistake at once, by name, with what would be right', () => {
    const problems = problemsOf({
      GROUNDSWELL_PORT: '65536',
      GROUNDSWELL_RATE_LIMITS: 'no',
      GROUNDSWELL_ROLES: 'api,walker',
      GROUNDSWELL_TRUSTED_PROXIES: '10.0.0.0/33',
      GROUNDSWELL_DATABASE_URL: 'mysql://user:hunter2@host/x',
      GROUNDSWELL_PROT: '1',
    });
    assert.equal(problems.length, 6);
    assert.match(
      problems.join('\n'),
      /GROUNDSWELL_PORT must be a whole number from 0 to 65535; it is "65536"/,
    );
    assert.match(problems.join('\n'), /GROUNDSWELL_PROT is not a setting/);
  });

  it('wants a host for links that has nothing else', () => {
    const links = (url: string, publicUrl = 'https://example.org') =>
      problemsOf({ GROUNDSWELL_LINKS_URL: url, GROUNDSWELL_PUBLIC_URL: publicUrl });
    assert.equal(
      loadConfig({ GROUNDSWELL_LINKS_URL: 'https://go.example/' }).links.url,
      'https://go.example',
    );
    for (const url of ['https://example.org', 'https://go.example/l', 'go.example', 'ftp://go.example']) {
      assert.match(links(url).join(), /^GROUNDSWELL_LINKS_URL must be/, url);
    }
  });

  it('has a pooler only before one server that is named', () => {
    const pooled = (database?: string) =>
      loadConfig({
        GROUNDSWELL_DATABASE_POOLED_URL: 'postgres://app@pooler:6432/app',
        ...(database !== undefined && { GROUNDSWELL_DATABASE_URL: database }),
      }).database.pooledUrl;
    assert.equal(pooled('postgres://app@db/app'), 'postgres://app@pooler:6432/app');
    for (const wrong of [undefined, 'embedded:', 'postgres://app@a,b/app?replica=b']) {
      assert.throws(
        () => pooled(wrong),
        (error: unknown) =>
          /POOLED_URL must be unset/.test(String((error as { problems?: unknown }).problems)),
      );
    }
  });

  it('never shows a secret in a complaint', () => {
    const problems = problemsOf({ GROUNDSWELL_DATABASE_URL: 'mysql://user:hunter2@host/x' });
    assert.doesNotMatch(problems.join('\n'), /hunter2/);
    assert.match(
      problems.join('\n'),
      /must be embedded: or a URL such as postgres:\/\/user:password@[^;]*\.$/,
    );
  });

  it('takes a database of several servers, and says the one thing that is wrong with it', () => {
    const { database } = loadConfig({ GROUNDSWELL_DATABASE_URL: 'postgres://u:hunter2@a,b/x?replica=b' });
    assert.deepEqual(
      database.nodes?.map(({ name, mayWrite, mayRead }) => [name, mayWrite, mayRead]),
      [
        ['a:5432', true, false],
        ['b:5432', true, true],
      ],
    );
    assert.equal(loadConfig({ GROUNDSWELL_DATABASE_URL: 'postgres://u@a/x' }).database.nodes, undefined);
    const problems = problemsOf({ GROUNDSWELL_DATABASE_URL: 'postgres://u:hunter2@a,b:99999/x?replica=b' });
    assert.equal(problems.length, 1);
    assert.match(
      problems.join(),
      /^GROUNDSWELL_DATABASE_URL must be a URL whose servers are each host or host:port/,
    );
    assert.doesNotMatch(problems.join(), /hunter2/);
  });

  it('accepts a value at its limit and refuses one past it', () => {
    assert.equal(loadConfig({ GROUNDSWELL_PORT: '65535' }).http.port, 65_535);
    assert.equal(loadConfig({ GROUNDSWELL_DATABASE_POOL_SIZE: '2' }).database.poolSize, 2);
    assert.equal(problemsOf({ GROUNDSWELL_DATABASE_POOL_SIZE: '1' }).length, 1);
    assert.equal(loadConfig({ GROUNDSWELL_PULL_FOLLOWERS: '1' }).pullLimits.pullFollowers, 1);
    assert.equal(problemsOf({ GROUNDSWELL_PULL_FOLLOWERS: '0' }).length, 1);
    assert.equal(problemsOf({ GROUNDSWELL_TRACE_RATIO: '1.01' }).length, 1);
    assert.equal(loadConfig({ GROUNDSWELL_TIMELINES_MAX: '1' }).timelinesMax, 1);
    assert.equal(problemsOf({ GROUNDSWELL_TIMELINES_MAX: '0' }).length, 1);
    assert.equal(loadConfig({ GROUNDSWELL_TIMELINES_MAX: '10000000' }).timelinesMax, 10_000_000);
    assert.equal(problemsOf({ GROUNDSWELL_TIMELINES_MAX: '10000001' }).length, 1);
  });

  it('dispatches where drivers are connected, and drivers of any rating for 0', () => {
    const apart = { GROUNDSWELL_ROLES: 'worker,dispatch' };
    assert.match(problemsOf(apart).join(), /must have api beside dispatch/);
    const shared = { ...apart, GROUNDSWELL_REDIS_URL: 'redis://one:1' };
    assert.deepEqual(loadConfig(shared).roles, ['worker', 'dispatch']);
    assert.match(
      problemsOf({ ...shared, GROUNDSWELL_GEO_INDEX_URL: 'memory:' }).join(),
      /GROUNDSWELL_GEO_INDEX_URL name a Redis/,
    );
    assert.deepEqual(loadConfig({ GROUNDSWELL_ROLES: 'api,dispatch' }).roles, ['api', 'dispatch']);
    const above = (text: string) => loadConfig({ GROUNDSWELL_DRIVER_RATING_ABOVE: text }).rides.ratingAbove;
    assert.deepEqual([above(''), above('0'), above('5')], [4.5, 0, 5]);
    assert.equal(problemsOf({ GROUNDSWELL_DRIVER_RATING_ABOVE: '5.1' }).length, 1);
  });

  it('keeps blobs in a folder, by default below the data, or in an object storage', () => {
    const blobsOf = (environment: Record<string, string>) => loadConfig(environment).blobs;
    assert.deepEqual(blobsOf({ GROUNDSWELL_DATA: '/srv/data' }), {
      kind: 'disk',
      folder: '/srv/data/blobs',
    });
    assert.deepEqual(blobsOf({ GROUNDSWELL_BLOBS_URL: 'disk:/srv/blobs' }), {
      kind: 'disk',
      folder: '/srv/blobs',
    });
    assert.equal(blobsOf({ GROUNDSWELL_BLOBS_URL: 's3://key:secret@host/bucket' }).kind, 's3');
  });

  it('says how a wrong URL of blobs should be, and nothing of the secret in it', () => {
    for (const url of ['s3://key:TOPSECRET@host', 's4://key:TOPSECRET@host/bucket']) {
      const [problem] = problemsOf({ GROUNDSWELL_BLOBS_URL: url });
      assert.match(problem ?? '', /GROUNDSWELL_BLOBS_URL must be disk:, .* or s3:/);
      assert.doesNotMatch(problem ?? '', /TOPSECRET/);
    }
  });

  it('has one Redis for all that processes share, or another or none for each', () => {
    const shared = { GROUNDSWELL_REDIS_URL: 'redis://one:1' };
    const portsOf = (environment: Record<string, string>) => {
      const { timelinesRedis, rateLimitsRedis } = loadConfig(environment);
      return [timelinesRedis, rateLimitsRedis].map((address) => address?.nodes[0]?.port);
    };
    assert.deepEqual(portsOf({}), [undefined, undefined]);
    assert.deepEqual(portsOf(shared), [1, 1]);
    assert.deepEqual(portsOf({ ...shared, GROUNDSWELL_RATE_LIMITS_URL: 'memory:' }), [1, undefined]);
    assert.deepEqual(portsOf({ ...shared, GROUNDSWELL_TIMELINES_URL: 'redis-cluster://two:2' }), [2, 1]);
    const [problem, ...others] = problemsOf({ GROUNDSWELL_REDIS_URL: 'http://:TOPSECRET@host' });
    assert.match(problem ?? '', /^GROUNDSWELL_REDIS_URL must be redis:/);
    assert.doesNotMatch(problem ?? '', /TOPSECRET/);
    assert.deepEqual(others, []);
    assert.match(
      problemsOf({ GROUNDSWELL_TIMELINES_URL: 'disk:' }).join(),
      /^GROUNDSWELL_TIMELINES_URL must be memory:/,
    );
  });

  it('keeps events in the database or in Kafka, and says nothing of a password', () => {
    assert.equal(loadConfig({}).eventLogKafka, undefined);
    const { eventLogKafka } = loadConfig({ GROUNDSWELL_EVENT_LOG_URL: 'kafka://a:1,b:2?prefix=x.' });
    assert.deepEqual([eventLogKafka?.brokers, eventLogKafka?.prefix], [['a:1', 'b:2'], 'x.']);
    const [problem] = problemsOf({ GROUNDSWELL_EVENT_LOG_URL: 'kafka://user:TOPSECRET@host' });
    assert.match(problem ?? '', /GROUNDSWELL_EVENT_LOG_URL must be postgres: or kafka:/);
    assert.doesNotMatch(problem ?? '', /TOPSECRET/);
  });

  it('has a port for health and metrics only where one is named', () => {
    assert.equal(loadConfig({}).http.operationsPort, undefined);
    assert.equal(loadConfig({ GROUNDSWELL_OPERATIONS_PORT: '9090' }).http.operationsPort, 9_090);
    assert.match(
      problemsOf({ GROUNDSWELL_OPERATIONS_PORT: '0' }).join(),
      /^GROUNDSWELL_OPERATIONS_PORT must be a whole number from 1 to 65535; it is "0"/,
    );
  });

  it('takes an empty variable as absent, and strips the slash of the public URL', () => {
    const config = loadConfig({ GROUNDSWELL_PORT: ' ', GROUNDSWELL_PUBLIC_URL: 'https://a.example/' });
    assert.equal(config.http.port, 8080);
    assert.equal(config.http.publicUrl, 'https://a.example');
  });
});

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    loadConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}
