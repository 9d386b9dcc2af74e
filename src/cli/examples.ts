import type { Command } from 'commander';

/** Shows command lines that somebody could type, below the help. */
export function withExamples(command: Command, ...examples: readonly string[]): Command {
  const title = examples.length === 1 ? 'Example:' : 'Examples:';
  return command.addHelpText('after', ['', title, ...examples.map((example) => `  ${example}`)].join('\n'));
}
