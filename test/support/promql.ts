/** What an expression of Prometheus asks for: enough to see that there is such a thing. */

export interface MetricSelector {
  readonly name: string;
  /** Those in braces. */
  readonly labels: readonly string[];
}

const OPERATORS = new Set(['and', 'or', 'unless', 'bool', 'offset']);

/** NOTE: it knows names, braces, ranges and groupings, as our files use them; it is no parser of the language. */
export function selectorsOf(expression: string): readonly MetricSelector[] {
  const plain = withoutTexts(expression)
    .replaceAll(/\[[^\]]*\]/g, ' ')
    .replaceAll(/\boffset\s+\w+/g, ' ')
    .replaceAll(/\b(by|without|on|ignoring|group_left|group_right)\b\s*(\([^)]*\))?/g, ' ')
    .replaceAll(/\$\w+/g, ' ')
    .replaceAll(/(?<![\w:])[\d.]+\w*/g, ' ');
  return [...plain.matchAll(/([A-Za-z_:][\w:]*)\s*(\{[^}]*\}|\()?/g)]
    .filter(([, name = '', after]) => after !== '(' && !OPERATORS.has(name))
    .map(([, name = '', braces = '']) => ({
      name,
      labels: [...braces.matchAll(/(\w+)\s*[=!]/g)].map(([, label = '']) => label),
    }));
}

/** Labels that results are grouped by. */
export function groupingsOf(expression: string): readonly string[] {
  return [...withoutTexts(expression).matchAll(/\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g)].flatMap(
    ([, labels = '']) => labels.split(',').map((label) => label.trim()),
  );
}

function withoutTexts(expression: string): string {
  return expression.replaceAll(/"(?:\\.|[^"\\])*"/g, '""').replaceAll(/^\s*#.*$/gm, '');
}

/** Names and labels in Prometheus' text format; a metric without samples has no labels. */
export function exposedMetrics(text: string): ReadonlyMap<string, ReadonlySet<string>> {
  const labelsOf = new Map<string, Set<string>>();
  for (const line of text.split('\n')) {
    const [, declared, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (declared !== undefined) {
      const suffixes = type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
      for (const suffix of suffixes) labelsOf.set(declared + suffix, new Set());
    }
    const [, name, labels = ''] = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? \S+$/.exec(line) ?? [];
    if (name === undefined) continue;
    for (const [, label = ''] of labels.matchAll(/(\w+)="(?:\\.|[^"\\])*"/g)) labelsOf.get(name)?.add(label);
  }
  return labelsOf;
}
