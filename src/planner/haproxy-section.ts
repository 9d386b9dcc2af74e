/** What HAProxy's configuration is made of: a title, and lines below it. */
export function section(title: string, lines: readonly string[]): string {
  return `${title}\n${lines.map((line) => `    ${line}\n`).join('')}`;
}

/** As one argument: in strong quotes, nothing has a meaning but the quote itself. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
