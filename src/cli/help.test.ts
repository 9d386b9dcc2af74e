import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Command } from 'commander';
import { adminCommand } from './admin.ts';
import { settingsHelp } from './config-options.ts';
import { eventsCommand } from './events.ts';
import { feedsCommand } from './feeds.ts';
import { linksCommand } from './links.ts';
import { paymentsCommand } from './payments.ts';
import { renderCommand } from './render.ts';
import { ridesCommand } from './rides.ts';
import { upCommand } from './up.ts';

describe('the help of the settings', () => {
  it('has what each is for below that of the others', () => {
    const rows = settingsHelp()
      .split('\n')
      .filter((line) => /^ {2}[A-Z]/.test(line));
    const columns = new Set(rows.map((row) => /^ +[A-Z_]+ +/.exec(row)?.[0].length));
    assert.equal(columns.size, 1, [...columns].join(', '));
  });
});

describe('the help of a subcommand', () => {
  for (const group of [
    adminCommand(),
    eventsCommand(),
    feedsCommand(),
    linksCommand(),
    paymentsCommand(),
    renderCommand(),
    ridesCommand(),
    upCommand(),
  ]) {
    for (const { name, command } of commandsOf(group)) {
      it(`${name} fits a terminal and has an example`, () => {
        const text = helpOf(command);
        assert.match(text, new RegExp(`Examples?:\n {2}groundswell ${name}\\b`));
        assert.deepEqual(
          text.split('\n').filter((line) => line.length > 80),
          [],
        );
        assert.doesNotMatch(text, /default:\s+[[{]/, 'a default is words or a number');
      });
    }
  }
});

/** Those below it, however deep, by all of their names. */
function commandsOf(group: Command): readonly { readonly name: string; readonly command: Command }[] {
  return group.commands.flatMap((command) => [
    { name: `${group.name()} ${command.name()}`, command },
    ...commandsOf(command).map((below) => ({ ...below, name: `${group.name()} ${below.name}` })),
  ]);
}

function helpOf(command: Command): string {
  let text = '';
  const writeOut = (part: string): void => {
    text += part;
  };
  command.configureOutput({ writeOut, getOutHelpWidth: () => 80 }).outputHelp();
  return text;
}
