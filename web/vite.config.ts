/** Builds the web app into dist/web: hashed files, each beside its compressed forms, the page that loads them, and the worker that keeps them. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const root = import.meta.dirname;
const outDir = path.join(root, '../dist/web');
const WORKER = 'service-worker';

export default defineConfig({
  root,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir,
    emptyOutDir: true,
    target: 'es2022',
    // The first that have all that the styles use: `light-dark()` is the latest of it.
    cssTarget: ['chrome123', 'firefox125', 'safari17.5'],
    // The policy of the page allows no data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      // A busy machine is slow, and no fault.
      checks: { bundlerTimings: false },
      input: { index: path.join(root, 'index.html'), [WORKER]: path.join(root, `${WORKER}/${WORKER}.ts`) },
      // Browsers look for a new worker at the address of the old one.
      output: {
        entryFileNames: ({ name }) => (name === WORKER ? `${WORKER}.js` : 'assets/[name]-[hash].js'),
      },
    },
  },
  // For work on the app: `npm run web:dev` beside a running server.
  server: { proxy: { '/api': { target: 'http://127.0.0.1:8080', ws: true } } },
  plugins: [keptShell(), compressed()],
});

/** Tells the worker which files there are. Their names say what is in them, so that they and the page are the version. */
function keptShell(): Plugin {
  return {
    name: 'kept-shell',
    apply: 'build',
    writeBundle() {
      const files = readdirSync(path.join(outDir, 'assets')).map((name) => `/assets/${name}`);
      const page = readFileSync(path.join(outDir, 'index.html'));
      const version = createHash('sha256').update(files.join()).update(page).digest('hex').slice(0, 12);
      const worker = path.join(outDir, `${WORKER}.js`);
      const code = readFileSync(worker, 'utf8');
      if (!code.includes('__SHELL__')) throw new Error('The service worker does not ask for its files.');
      writeFileSync(worker, code.replace('__SHELL__', JSON.stringify({ version, files })));
    },
  };
}

/** The server sends what it finds, and compresses no file twice. */
function compressed(): Plugin {
  return {
    name: 'compressed-files',
    apply: 'build',
    // After the worker has been told of the files as they are named.
    writeBundle: {
      order: 'post',
      sequential: true,
      handler() {
        const folder = path.join(outDir, 'assets');
        for (const name of readdirSync(folder)) {
          if (!/\.(js|css|svg|json)$/.test(name)) continue;
          const file = path.join(folder, name);
          const bytes = readFileSync(file);
          const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
          writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params }));
          writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
        }
      },
    },
  };
}
