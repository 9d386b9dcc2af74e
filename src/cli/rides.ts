/** `groundswell rides`: a town that uses the product, and whether what is promised of rides has been kept. */
import { Command } from 'commander';
import { withExamples } from './examples.ts';
import { simulateCommand } from './rides-simulate.ts';
import { verifyRidesCommand } from './rides-verify.ts';

export function ridesCommand(): Command {
  const rides = new Command('rides').description(
    'Simulate a town of drivers and riders, and check that nobody was booked twice.',
  );
  for (const command of [simulateCommand(), verifyRidesCommand()]) rides.addCommand(command);
  return withExamples(
    rides,
    'groundswell rides simulate --drivers 200 --requests-per-minute 30 --duration 2m',
    'groundswell rides verify',
  );
}
