import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readLogLine } from './log-lines.ts';

const PLAIN = { colour: false };

describe('lines of processes', () => {
  it('are made readable where they are JSON of ours, and notable from a warning on', () => {
    const line = (level: string) =>
      JSON.stringify({
        level,
        time: '2026-01-31T12:00:00.000Z',
        pid: 7,
        msg: 'away',
        err: { message: 'refused\nat x' },
      });
    assert.deepEqual(readLogLine(line('info'), PLAIN).isNotable, false);
    const warning = readLogLine(line('warn'), PLAIN);
    assert.equal(warning.isNotable, true);
    assert.equal(warning.short, 'away: refused (pid=7)');
    assert.match(warning.text, /^12:00:00\.000 WARN {2}away pid=7/);
  });

  it('are what PostgreSQL and HAProxy say, without what is for machines', () => {
    const postgres = (severity: string, process: string, text: string) =>
      readLogLine(`12|${process}|XX000|${severity}:  ${text}`, PLAIN);
    assert.deepEqual(postgres('LOG', 'postmaster', 'ready'), {
      text: 'ready',
      isNotable: false,
      short: 'ready',
    });
    assert.equal(postgres('PANIC', 'checkpointer', 'disk').isNotable, true);
    assert.equal(postgres('ERROR', 'client backend', 'a mistake of a client').isNotable, false);
    const haproxy = readLogLine('[WARNING]  (16696) : Server pool_all/api-1 is DOWN', PLAIN);
    assert.deepEqual(haproxy, { ...haproxy, text: 'Server pool_all/api-1 is DOWN', isNotable: true });
  });

  it('hold nothing that a terminal obeys', () => {
    assert.equal(readLogLine('a\u0007b\u001b[31mc\rd', PLAIN).text, 'a bc d');
    assert.equal(readLogLine('{"broken', PLAIN).text, '{"broken');
  });
});
