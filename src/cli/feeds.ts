/** `groundswell feeds`: whether cached home timelines are right, and why a post is in one or not. */
import { Command } from 'commander';
import { withExamples } from './examples.ts';
import { explainCommand } from './feeds-explain.ts';
import { verifyCommand } from './feeds-verify.ts';

export function feedsCommand(): Command {
  const feeds = new Command('feeds');
  for (const command of [verifyCommand(), explainCommand()]) feeds.addCommand(command);
  return withExamples(feeds, 'groundswell feeds verify', 'groundswell feeds explain alice 1540000000000000');
}
