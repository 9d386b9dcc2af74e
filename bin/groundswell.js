#!/usr/bin/env node
// The command `groundswell`. It is not the build's own file because npm links only what is there when it installs.
import { existsSync } from 'node:fs';

const program = new URL('../dist/src/main.js', import.meta.url);
if (existsSync(program)) await import(program.href);
else {
  console.error('groundswell: it is not built yet. Run first: npm run build');
  process.exitCode = 1;
}
