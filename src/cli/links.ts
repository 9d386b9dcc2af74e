/** `groundswell links`: short links, for whoever has the command line of the server. */
import { Command } from 'commander';
import { withExamples } from './examples.ts';
import { linksImportCommand } from './links-import.ts';

export function linksCommand(): Command {
  const links = new Command('links');
  links.addCommand(linksImportCommand());
  return withExamples(links, 'groundswell links import --format bitly links.csv --user alice --dry-run');
}
