import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { formatElapsed, formatRate, renderUp, type UpRow, type UpView } from './up-view.ts';

const ROW: UpRow = {
  ...{ name: 'api-1', role: 'api', port: 20_001, pid: 4_242, state: 'ready', restarts: 0 },
  ...{ figures: { perS: 1_234.4, unit: 'req', p99Ms: 4.24 }, cpu: 0.31 },
};
const VIEW: UpView = {
  ...{ product: 'Groundswell', topology: 'stage-4', url: 'http://127.0.0.1:8080', phase: 'up' },
  ...{ elapsedMs: 151_000, rows: [ROW], events: [], logs: 'data/up/logs' },
};
const SIZE = { columns: 100, rows: 30, colour: false };

describe('the view of up', () => {
  it('has a line for each process, with what it does', () => {
    const waiting: UpRow = { ...ROW, name: 'kafka', role: 'event log', port: undefined, pid: undefined };
    const rows: UpRow[] = [
      ROW,
      { ...ROW, name: 'api-2', restarts: 2, figures: undefined, cpu: 0 },
      { ...waiting, state: 'waiting', figures: undefined, cpu: undefined },
    ];
    const events = [
      { time: '12:00:01', process: 'api-2', text: 'was ended by SIGKILL', level: 'warn' as const },
    ];
    assert.deepEqual(renderUp({ ...VIEW, rows, events }, SIZE), [
      '',
      '  Groundswell  stage-4                                                                      up 2:31',
      '  http://127.0.0.1:8080',
      '',
      '  PROCESS   ROLE         PORT      PID   HEALTH                   RATE        P99     CPU',
      '  api-1     api         20001     4242   ● ready           1,234 req/s     4.2 ms    31 %',
      '  api-2     api         20001     4242   ● ready ↻2                  –          –     0 %',
      '  kafka     event log       –        –   ○ waiting                   –          –       –',
      '',
      '  12:00:01  api-2  was ended by SIGKILL',
      '',
      '  Ctrl-C stops everything in order; logs in data/up/logs',
    ]);
  });

  it('leaves out the least important columns where it is narrow', () => {
    const [, , , , wide = ''] = renderUp(VIEW, SIZE);
    const [, , , , narrow = ''] = renderUp(VIEW, { ...SIZE, columns: 60 });
    assert.match(wide, /PROCESS +ROLE +PORT +PID +HEALTH +RATE +P99 +CPU/);
    assert.match(narrow, /^ {2}PROCESS +HEALTH +RATE +P99$/);
  });

  it('says how many processes do not fit', () => {
    const rows = Array.from({ length: 40 }, (_, index) => ({ ...ROW, name: `api-${index + 1}` }));
    const lines = renderUp({ ...VIEW, rows }, { ...SIZE, rows: 15 });
    assert.ok(lines.length <= 14);
    assert.match(lines.join('\n'), /and 3\d more/);
  });

  it('fits any terminal, whatever happens', () => {
    const row = fc.record({
      ...{ name: fc.string({ maxLength: 40 }), role: fc.string({ maxLength: 20 }) },
      port: fc.option(fc.nat(65_535), { nil: undefined }),
      pid: fc.option(fc.nat(4_000_000), { nil: undefined }),
      state: fc.constantFrom(
        'waiting',
        'starting',
        'ready',
        'not ready',
        'restarting',
        'stopping',
        'stopped',
      ),
      restarts: fc.nat(1_000),
      figures: fc.option(
        fc.record({
          perS: fc.float({ min: 0, max: 1e7, noNaN: true }),
          unit: fc.constant('cmd'),
          p99Ms: fc.constant(12_000),
        }),
        { nil: undefined },
      ),
      cpu: fc.option(fc.float({ min: 0, max: 64, noNaN: true }), { nil: undefined }),
    });
    const event = fc.record({
      ...{ time: fc.constant('12:00:00'), process: fc.string({ maxLength: 20 }), text: fc.string() },
      level: fc.constantFrom('info', 'warn'),
    });
    const size = fc.record({
      columns: fc.integer({ min: 21, max: 200 }),
      rows: fc.integer({ min: 5, max: 60 }),
      colour: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 30 }),
        fc.array(event, { maxLength: 30 }),
        size,
        (rows, events, given) => {
          const lines = renderUp({ ...VIEW, rows, events }, given);
          assert.ok(lines.length < given.rows);
          for (const line of lines) assert.ok(stripVTControlCharacters(line).length < given.columns, line);
        },
      ),
    );
  });

  it('writes rates and times as people read them', () => {
    assert.deepEqual([0, 0.04, 4.23, 380.4, 12_345].map(formatRate), ['0', '0', '4.2', '380', '12,345']);
    assert.deepEqual([3_000, 754_000, 3_723_000].map(formatElapsed), ['0:03', '12:34', '1:02:03']);
  });
});
