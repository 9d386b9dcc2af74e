import { match, ok, rejects } from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readEnvironment } from '../config/env.ts';
import { systemClock as clock } from '../core/clock.ts';
import { findFreePort, startServerProcess } from './server-process.ts';

describe('startServerProcess', () => {
  it('fails at once, with the log, when the server ends before it is ready', async () => {
    const dataFolder = await mkdtemp(join(tmpdir(), 'groundswell-server-'));
    try {
      const settings = { GROUNDSWELL_RATE_LIMITS: 'perhaps' };
      const started = startServerProcess({ dataFolder, environment: readEnvironment(), settings, clock });
      await rejects(started, (error: Error) => {
        match(error.message, /ended before it was ready:\n[\s\S]*GROUNDSWELL_RATE_LIMITS/);
        return true;
      });
    } finally {
      await rm(dataFolder, { recursive: true, force: true });
    }
  });

  it('finds ports that are free and not always the same', async () => {
    const ports = new Set([await findFreePort(), await findFreePort(), await findFreePort()]);
    ok(ports.size > 1);
    ok([...ports].every((port) => port > 1023 && port < 65_536));
  });
});
