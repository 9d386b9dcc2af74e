/** Code of the web app for tests that need no browser: bundled as its build does it, and imported. */
import path from 'node:path';
import type { TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { build } from 'vite';
import { packageRoot } from '../../src/config/package-info.ts';
import { temporaryFolder } from './temporary-folder.ts';

/**
 * `file` is below web/src. The types of what it exports are for browsers, which this program knows nothing of: the caller
 * says what it uses of them.
 */
export async function importWebModule<Exports>(test: TestContext, file: string): Promise<Exports> {
  const root = path.join(packageRoot(), 'web');
  const outDir = await temporaryFolder(test);
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir,
      emptyOutDir: false,
      minify: false,
      lib: { entry: path.join(root, 'src', file), formats: ['es'], fileName: () => 'module.mjs' },
    },
  });
  return (await import(pathToFileURL(path.join(outDir, 'module.mjs')).href)) as Exports;
}
