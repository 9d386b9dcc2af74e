/** `groundswell rides`: what it says of histories, and of what it is asked wrongly. */
import { deepEqual, equal, match } from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { runCommand } from '../support/command.ts';
import { type RideFault, simulateRides } from '../support/simulated-rides.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('groundswell rides', () => {
  it('says of a history whether anybody was booked twice, by its exit code too', async (test) => {
    const folder = await temporaryFolder(test);
    const verify = (fault: RideFault, ...args: readonly string[]) => {
      const file = path.join(folder, `${fault}.jsonl`);
      const events = simulateRides({ seed: 1_000, fault, rides: 60 });
      writeFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
      return runCommand(['rides', 'verify', '--history', file, '--settled', ...args]);
    };
    const good = await verify('none');
    deepEqual([good.code, good.stderr], [0, '']);
    match(good.stdout, /^valid: 60 rides, \d+ offers/);
    const bad = await verify('book-busy-drivers', '--json');
    equal(bad.code, 1);
    match(bad.stderr, /What is promised of rides was not kept: .*double-driver/);
    equal(JSON.parse(bad.stdout).verdict, 'invalid');
  });

  for (const [args, message] of [
    [['--trips', '/nowhere.csv'], /\/nowhere\.csv cannot be read/],
    [['--url', 'http://127.0.0.1:1', '--drivers', '1'], /Name the database of that server, too/],
    [['--url', 'somewhere'], /Write it as http:\/\/127\.0\.0\.1:8080/],
    [['--accept', '90', '--ignore', '20'], /over 100 % together/],
    [['--duration', '5'], /seconds, minutes or hours, such as 30s/],
    [['--speed', '61'], /a whole number from 1 to 60/],
    [['--speed', '2'], /name their file with --trips/],
    [['--history', '/nowhere/history.jsonl'], /\/nowhere\/history\.jsonl cannot be written/],
    [['--history', import.meta.filename], /is there already: name a new file/],
  ] as const) {
    it(`refuses to simulate with ${args.join(' ')}, and says why`, async () => {
      const { code, stderr } = await runCommand(['rides', 'simulate', ...args]);
      equal(code === 0, false);
      match(stderr, message);
    });
  }
});
