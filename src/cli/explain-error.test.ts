import { doesNotMatch, equal, match } from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runCommand } from '../../test/support/command.ts';
import { ConfigError } from '../config/config.ts';
import { AppError } from '../core/errors.ts';
import { explainError } from './explain-error.ts';

describe('explainError', () => {
  it('says why something is away, however deep the reason lies', () => {
    const refused = new Error('connect ECONNREFUSED 127.0.0.1:1');
    const late = new AppError('timeout', 'No answer in time.', { cause: refused });
    const away = (cause: unknown) => explainError(new AppError('unavailable', 'It is away.', { cause }));
    equal(away(late), `groundswell: It is away.\n  ${refused.message}`);
    equal(away(new AggregateError([refused])), `groundswell: It is away.\n  ${refused.message}`);
    equal(away(undefined), 'groundswell: It is away.');
    equal(away('text'), 'groundswell: It is away.');
  });

  it('says no more than that of other failures, all of a configuration, and where a defect is', () => {
    const cause = new Error('a line of the database');
    equal(
      explainError(new AppError('not_found', 'There is none.', { cause })),
      'groundswell: There is none.',
    );
    match(
      explainError(new ConfigError(['a is wrong', 'b is wrong'])),
      /\n {2}- a is wrong\n {2}- b is wrong$/,
    );
    match(
      explainError(new AppError('internal', 'It broke.', { cause })),
      /It broke\.\n +at .*\ncaused by: a line of/s,
    );
    equal(explainError('text'), 'text');
  });

  it('names the address of a database that is away, and not its password', async () => {
    const url = 'postgres://u:secret@127.0.0.1:1/db';
    const { code, stderr } = await runCommand(['migrate', '--status', '--database-url', url]);
    equal(code, 1);
    match(stderr, /The database cannot be reached .*\n {2}connect ECONNREFUSED 127\.0\.0\.1:1/);
    doesNotMatch(stderr, /secret/);
  });
});
