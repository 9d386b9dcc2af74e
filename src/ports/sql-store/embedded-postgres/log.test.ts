import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { logLevelOf, parseLogLine, saysReady } from './log.ts';

describe("PostgreSQL's log", () => {
  it('is taken apart', () => {
    assert.deepEqual(parseLogLine('77|client backend|57P01|FATAL:  terminating connection: a|b'), {
      pid: 77,
      process: 'client backend',
      sqlState: '57P01',
      severity: 'FATAL',
      message: 'terminating connection: a|b',
    });
    assert.equal(
      parseLogLine('postgres: could not find the data').message,
      'postgres: could not find the data',
    );
  });

  it('says when the server is ready, and nobody else can say it', () => {
    const message = 'database system is ready to accept connections';
    assert.ok(saysReady(parseLogLine(`1|postmaster|00000|LOG:  ${message}`)));
    assert.ok(!saysReady(parseLogLine(`2|client backend|00000|LOG:  ${message}`)));
  });

  it('is told to people where it is news to them', () => {
    const levels = [
      ['1|postmaster|00000|LOG:  starting PostgreSQL 18.4', 'debug'],
      ['1|postmaster|00000|LOG:  client backend (PID 5) was terminated by signal 9: Killed', 'info'],
      ['2|startup|00000|LOG:  database system was shut down at 2026-01-01 00:00:00 UTC', 'debug'],
      ['2|startup|00000|LOG:  redo in progress, elapsed time: 5.00 s, current LSN: 0/1', 'info'],
      ['3|client backend|23505|ERROR:  duplicate key value violates unique constraint "users_key"', 'debug'],
      ['4|autovacuum worker|XX001|ERROR:  invalid page in block 3', 'error'],
      ['4|autovacuum worker|57P01|FATAL:  terminating autovacuum process', 'debug'],
      ['4|checkpointer|53100|PANIC:  could not write to file "pg_wal/xlogtemp.29"', 'error'],
      ['5|client backend|01000|WARNING:  there is no transaction in progress', 'warn'],
    ] as const;
    for (const [line, level] of levels) assert.equal(logLevelOf(parseLogLine(line)), level, line);
  });
});
