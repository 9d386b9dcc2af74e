import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AppError } from '../core/errors.ts';
import { createLog, type Log } from './log.ts';

const SECRET = 'hunter2-correct-horse';

function capture(options: { pretty?: boolean; level?: 'info' | 'debug' } = {}): {
  log: Log;
  lines: string[];
} {
  const lines: string[] = [];
  const log = createLog({
    level: options.level ?? 'info',
    pretty: options.pretty ?? false,
    write: (line) => lines.push(line),
  });
  return { log, lines };
}

describe('log', () => {
  it('writes one JSON object a line with level, time and fields', () => {
    const { log, lines } = capture();
    log.child({ request_id: 'r1' }).info({ status: 200 }, 'answered');
    const entry = JSON.parse(lines[0] ?? '');
    assert.equal(entry.level, 'info');
    assert.equal(entry.msg, 'answered');
    assert.equal(entry.request_id, 'r1');
    assert.equal(entry.status, 200);
    assert.match(entry.time, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  it('leaves out what is below the level', () => {
    const { log, lines } = capture();
    log.debug('not shown');
    assert.deepEqual(lines, []);
  });

  it('never prints what is named like a secret, at any depth and in any spelling', () => {
    const name = fc.constantFrom(
      'authorization',
      'Authorization',
      'cookie',
      'set-cookie',
      'Set-Cookie',
      'password',
      'new_password',
      'newPassword',
      'token',
      'access_token',
      'accessToken',
      'refresh_token',
      'secret',
      'client_secret',
      'api_key',
      'x-api-key',
      'connectionString',
    );
    const wrapper = fc.constantFrom('user', 'headers', 'req', 'items', 'err', 'a.b');
    const secret = fc.oneof(
      fc.constant<unknown>(SECRET),
      fc.constant<unknown>([SECRET]),
      fc.constant<unknown>({ value: SECRET }),
    );
    fc.assert(
      fc.property(
        name,
        fc.array(wrapper, { maxLength: 8 }),
        secret,
        fc.boolean(),
        (key, path, value, pretty) => {
          const { log, lines } = capture({ pretty });
          const record = path.reduce<Record<string, unknown>>(
            (inner, outer) => (outer === 'items' ? { items: [inner] } : { [outer]: inner }),
            { [key]: value, kept: 'yes' },
          );
          log.info(record, 'message');
          log.child(record).info('message');
          assert.ok(lines.length === 2 && !lines.join('').includes(SECRET));
        },
      ),
    );
  });

  it('never prints credentials of URLs or bearer tokens, not even inside a message or a stack', () => {
    const { log, lines } = capture();
    log.warn(`cannot reach postgres://alice:${SECRET}@db/feed`);
    log.error(new Error(`refused Bearer ${SECRET} by redis://:${SECRET}@cache:6379`));
    log.info({ url: `https://alice:${SECRET}@example.org/a"b` }, 'fetched');
    log.info(
      { req: { method: 'GET', url: `/reset?token=${SECRET}&page=2`, headers: { 'x-any': SECRET } } },
      'x',
    );
    assert.equal(lines.length, 4);
    assert.equal(JSON.parse(lines[3] ?? '').req.url, '/reset?token=[redacted]&page=2');
    assert.ok(!lines.join('').includes(SECRET));
    assert.equal(JSON.parse(lines[2] ?? '').url, 'https://[redacted]@example.org/a"b');
  });

  it('keeps code, outcome, stack and the whole chain of causes of an error', () => {
    const { log, lines } = capture();
    const socketError = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const error = new AppError('unavailable', 'The database is away.', {
      cause: new Error('pool', { cause: socketError }),
    });
    log.error({ err: error }, 'failed');
    const { err } = JSON.parse(lines[0] ?? '');
    assert.equal(err.type, 'AppError');
    assert.equal(err.code, 'unavailable');
    assert.equal(err.outcome, 'unknown');
    assert.match(err.stack, /log\.test/);
    assert.equal(err.cause.message, 'pool');
    assert.equal(err.cause.cause.code, 'ECONNREFUSED');
  });

  it('prints an error wherever it stands, and none of its unknown parts', () => {
    const { log, lines } = capture();
    const error = Object.assign(new Error('bad'), { config: { headers: { 'x-session': SECRET } } });
    log.error(error);
    log.error({ reason: error, attempts: [error] }, 'gave up');
    assert.equal(JSON.parse(lines[0] ?? '').msg, 'bad');
    assert.equal(JSON.parse(lines[1] ?? '').reason.message, 'bad');
    assert.equal(JSON.parse(lines[1] ?? '').attempts[0].message, 'bad');
    assert.ok(!lines.join('').includes(SECRET));
  });

  it('survives cycles, huge lists and buffers', () => {
    const { log, lines } = capture();
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    log.info(
      { cycle, list: Array.from({ length: 1_000 }, (_, index) => index), bytes: Buffer.from('abc') },
      'x',
    );
    const entry = JSON.parse(lines[0] ?? '');
    assert.equal(entry.list.length, 100);
    assert.equal(entry.bytes, '[3 bytes]');
  });

  it('writes for a terminal: time, level, message, fields, stacks', () => {
    const { log, lines } = capture({ pretty: true });
    log.info({ port: 8080 }, 'listening');
    log.error(new Error('outer', { cause: new Error('inner') }));
    assert.match(lines[0] ?? '', /\d\d:\d\d:\d\d\.\d{3}.*INFO.*listening.* port=8080/);
    assert.match(lines[1] ?? '', /ERROR.*outer[\s\S]*log\.test[\s\S]*caused by: Error: inner/);
  });
});
