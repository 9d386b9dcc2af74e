import { Command } from 'commander';
import { AppError } from '../core/errors.ts';
import { type CheckReport, formatReport } from '../history/check-report.ts';
import { type HistoryEvent, readHistory } from '../history/history-event.ts';
import { checkRides } from '../history/rides/ride-checker.ts';
import { rideLogMarks } from '../history/rides/ride-log.ts';
import type { EventLog } from '../ports/event-log/event-log.ts';
import { type SettingOptions, withDatabaseOptions } from './config-options.ts';
import { withExamples } from './examples.ts';
import { printJson } from './listing.ts';
import { withExistingProduct } from './open-product.ts';

interface VerifyOptions extends SettingOptions {
  readonly history?: string;
  readonly settled?: true;
  readonly json?: true;
}

export function verifyRidesCommand(): Command {
  const command = withDatabaseOptions(new Command('verify'))
    .summary('check that no driver and no ride was booked twice')
    .description(
      'Read the event log, or the history of a simulation, and look for drivers with two rides, rides with two drivers, offers that were accepted after their end, offers of dispatchers that had been replaced, and acknowledged answers that are lost.',
    )
    .option('--history <file>', 'of `rides simulate --history`, in place of the log of a database')
    .option('--settled', 'nothing goes on any more: every request must have ended, with a reason')
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      [
        '',
        'The log has the events of three days at least. The exit code is 0 if nothing is',
        'wrong, and 1 if something is.',
      ].join('\n'),
    )
    .action(verify);
  return withExamples(
    command,
    'groundswell rides verify',
    'groundswell rides verify --history run.jsonl --settled',
  );
}

async function verify({ history, settled, json, ...options }: VerifyOptions): Promise<void> {
  const events =
    history === undefined
      ? await withExistingProduct(options, 'groundswell rides', ({ ports }) => loggedRides(ports.eventLog))
      : await readHistory(history);
  const report = checkRides(events, { settled: settled ?? false });
  if (json) printJson(report);
  else console.log(formatReport(report));
  failIfInvalid(report);
}

export function failIfInvalid({ verdict, anomalyCounts }: CheckReport): void {
  if (verdict !== 'invalid') return;
  const found = Object.entries(anomalyCounts).map(([name, count]) => `${count} ${name}`);
  throw new AppError('conflict', `What is promised of rides was not kept: ${found.join(', ')}.`);
}

/** A history of nothing but what the log says. */
async function loggedRides(eventLog: Pick<EventLog, 'read' | 'tail'>): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  const empty = { key: null, node: null, stage: null, epoch: null, session: null, idem: null };
  for await (const { f, value } of rideLogMarks(eventLog)) {
    events.push({ i: events.length, t_ns: 0, process: 'nemesis', type: 'info', f, value, ...empty });
  }
  return events;
}
