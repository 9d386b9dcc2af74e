/** A `groundswell serve` of a topology. */
import { fileURLToPath } from 'node:url';
import { createHttpClient } from '../client/http-client.ts';
import type { Environment } from '../config/env.ts';
import type { Clock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import {
  PROCESS_HOST,
  type ServePlace,
  serveDefaults,
  serveEnvironment,
} from '../planner/topology-environment.ts';
import type { PlannedServe } from '../planner/topology-plan.ts';
import { createServeFigures } from './figures.ts';
import type { Launch, ProcessSpec } from './process-spec.ts';

export interface ServeDeps {
  readonly planned: PlannedServe;
  readonly place: Omit<ServePlace, 'roles' | 'systems' | 'settings'>;
  /** What it inherits; the topology wins. */
  readonly environment: Environment;
  readonly clock: Clock;
}

const PROGRAM = fileURLToPath(new URL('../main.js', import.meta.url));
/** What has been accepted may take 30 s to be answered. */
const STOP_MS = 40_000;
/** A first start makes a database, on slow disks too. */
const READY_MS = 90_000;
const CHECK_TIMEOUT_MS = 3_000;
/** Who is limited answers 200 as well. */
const READY = /"status":"ready"/;

export function createServeProcess({ planned, place, environment, clock }: ServeDeps): ProcessSpec {
  const url = `http://${PROCESS_HOST}:${place.port}`;
  return {
    ...planned,
    port: place.port,
    prepare: async () => serveLaunch(['serve'], { planned, place, environment }),
    check: () => checkReady(url),
    figures: createServeFigures(url, planned.roles.includes('api'), clock),
    readyUrl: `${url}/health/ready`,
    stopSignal: 'SIGTERM',
    stopMs: STOP_MS,
    readyMs: READY_MS,
  };
}

/** The program with another command, in the same place. */
export function serveLaunch(
  args: readonly string[],
  { planned, place, environment }: Omit<ServeDeps, 'clock'>,
): Launch {
  const { roles, systems, settings } = planned;
  return {
    file: process.execPath,
    args: [PROGRAM, ...args],
    folder: process.cwd(),
    environment: {
      ...serveDefaults(place),
      ...environment,
      ...serveEnvironment({ ...place, roles, systems, settings }),
    },
    user: undefined,
  };
}

/** Rejects, naming what is down, unless it says that it is ready. */
export async function checkReady(url: string): Promise<void> {
  const http = createHttpClient({ url, connectionsMax: 1, timeoutMs: CHECK_TIMEOUT_MS });
  try {
    const { status, body } = await http.send({ method: 'GET', path: '/health/ready' });
    const report = body.toString();
    if (status === 200 && READY.test(report)) return;
    throw new AppError('unavailable', reasonOf(report) ?? `it answers ${status}`);
  } finally {
    http.close();
  }
}

function reasonOf(text: string): string | undefined {
  try {
    const { status, checks = {} } = JSON.parse(text) as {
      readonly status?: string;
      readonly checks?: Readonly<Record<string, { readonly status?: string; readonly message?: string }>>;
    }; // As our own health says it.
    const down = Object.entries(checks).filter(([, check]) => check.status !== 'up');
    if (down.length === 0) return status;
    return down.map(([name, { message }]) => `${name}: ${message ?? 'down'}`).join('; ');
  } catch {
    return undefined;
  }
}
