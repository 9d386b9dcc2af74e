/** `groundswell rides`: a town that uses the product, whether what is promised of rides has been kept, and what they cost. */
import { Command } from 'commander';
import { withExamples } from './examples.ts';
import { recomputeFareCommand } from './rides-recompute-fare.ts';
import { roadsCommand } from './rides-roads.ts';
import { simulateCommand } from './rides-simulate.ts';
import { surgeCommand } from './rides-surge.ts';
import { verifyRidesCommand } from './rides-verify.ts';

export function ridesCommand(): Command {
  const rides = new Command('rides');
  for (const command of [
    simulateCommand(),
    verifyRidesCommand(),
    recomputeFareCommand(),
    surgeCommand(),
    roadsCommand(),
  ])
    rides.addCommand(command);
  return withExamples(
    rides,
    'groundswell rides simulate --drivers 200 --requests-per-minute 30 --duration 2m',
    'groundswell rides verify',
  );
}
