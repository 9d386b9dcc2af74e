/** What the first load of the web app weighs, compressed as it is sent. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import { packageRoot } from '../../src/config/package-info.ts';

const JS_BYTES_MAX = 60_000;
/** Of all pages, each of which loads its own: photos, profile pictures, rides, payments and operations have come to what it was first drawn up for. */
const CSS_BYTES_MAX = 16_000;
const WORKER_BYTES_MAX = 4_000;
const folder = path.join(packageRoot(), 'dist/web');

describe('the first load of Home', () => {
  it(`has at most ${JS_BYTES_MAX} bytes of scripts, compressed`, () => {
    const page = readFileSync(path.join(folder, 'index.html'), 'utf8');
    const scripts = new Set([...page.matchAll(/assets\/([\w-]+\.js)/g)].map(([, name = '']) => name));
    const names = readdirSync(path.join(folder, 'assets'));
    scripts.add(names.find((name) => /^home-page-.*\.js$/.test(name)) ?? '');
    for (const script of scripts) for (const imported of importsOf(script)) scripts.add(imported);
    assert(scripts.size >= 2 && !scripts.has(''));
    assert(
      sizeOf([...scripts]) <= JS_BYTES_MAX,
      `${sizeOf([...scripts])} bytes in ${[...scripts].join(', ')}`,
    );
  });

  it(`has at most ${CSS_BYTES_MAX} bytes of styles in all, compressed`, () => {
    const styles = readdirSync(path.join(folder, 'assets')).filter((name) => name.endsWith('.css'));
    assert(sizeOf(styles) <= CSS_BYTES_MAX, `${sizeOf(styles)} bytes`);
  });
});

describe('the service worker', () => {
  it(`has at most ${WORKER_BYTES_MAX} bytes, compressed`, () => {
    const bytes = brotliCompressSync(readFileSync(path.join(folder, 'service-worker.js'))).length;
    assert(bytes <= WORKER_BYTES_MAX, `${bytes} bytes`);
  });
});

/** Those that are fetched with it: not what it fetches later. */
function importsOf(script: string): string[] {
  const text = readFileSync(path.join(folder, 'assets', script), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*"\.\/([\w-]+\.js)"/g)].map(([, name = '']) => name);
}

function sizeOf(names: readonly string[]): number {
  return names.reduce((sum, name) => sum + statSync(path.join(folder, 'assets', `${name}.br`)).size, 0);
}
