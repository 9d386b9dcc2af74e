/** What the colours of the web app promise, recomputed from its tokens by the formula of WCAG 2.2 (relative luminance). */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { packageRoot } from '../../src/config/package-info.ts';

const THEMES = ['light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

const GROUNDS = ['canvas', 'surface', 'raised', 'sunken', 'tint'];
const TEXT_CONTRAST_MIN = 4.5;
const EDGE_CONTRAST_MIN = 3;

const css = readFileSync(path.join(packageRoot(), 'web/src/ui/tokens.css'), 'utf8');
const tokens = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(
    ([, name = '', light = '', dark = '']) => [name, { light, dark }],
  ),
);

describe('the colours of the web app', () => {
  for (const theme of THEMES) {
    it(`can be read on every ground, in the ${theme}`, () => {
      const texts = ['text', 'muted', 'accent', 'like', 'share', 'ok', 'warn', 'danger'];
      assert.deepEqual(tooFaint(theme, texts, GROUNDS, TEXT_CONTRAST_MIN), []);
      assert.deepEqual(tooFaint(theme, ['on-accent'], ['accent'], TEXT_CONTRAST_MIN), []);
    });

    it(`show where controls end, and the lines of charts, in the ${theme}`, () => {
      assert.deepEqual(tooFaint(theme, ['edge'], GROUNDS, EDGE_CONTRAST_MIN), []);
      const series = [1, 2, 3, 4, 5].map((number) => `series-${number}`);
      assert.deepEqual(tooFaint(theme, series, ['surface'], TEXT_CONTRAST_MIN), []);
    });
  }
});

function tooFaint(
  theme: Theme,
  names: readonly string[],
  grounds: readonly string[],
  contrastMin: number,
): string[] {
  return names.flatMap((name) =>
    grounds
      .map((ground) => ({ ground, contrast: contrastOf(colour(name, theme), colour(ground, theme)) }))
      .filter(({ contrast }) => contrast < contrastMin)
      .map(({ ground, contrast }) => `${name} on ${ground}: ${contrast.toFixed(2)}`),
  );
}

function colour(name: string, theme: Theme): string {
  const token = tokens.get(name);
  assert(token !== undefined, `tokens.css has no --${name} for both themes`);
  return token[theme];
}

function contrastOf(one: string, other: string): number {
  const [lighter = 0, darker = 0] = [luminance(one), luminance(other)].sort((left, right) => right - left);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
