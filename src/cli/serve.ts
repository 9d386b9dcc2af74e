import { existsSync } from 'node:fs';
import { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { packageVersion } from '../config/package-info.ts';
import { systemClock, systemRandomness } from '../core/clock.ts';
import { type DemoLifeOptions, startDemoLife } from '../demo/demo-life.ts';
import { layDemoRoads } from '../demo/demo-roads.ts';
import { isCityOfDemo } from '../demo/demo-town.ts';
import { openDataFolder } from '../ports/data-folder/data-folder.ts';
import { openPorts } from '../ports/open-ports.ts';
import { type Api, openApi } from '../roles/api.ts';
import { composeProduct } from '../roles/compose.ts';
import { openDispatch } from '../roles/dispatch.ts';
import { API_PORT_REMEDY, OPERATIONS_PORT_REMEDY, requireFree } from '../roles/listening.ts';
import { openMemory } from '../roles/memory.ts';
import { openOperations } from '../roles/operations.ts';
import { openWorker } from '../roles/worker.ts';
import { createHealth } from '../telemetry/health.ts';
import type { Log } from '../telemetry/log.ts';
import { type LogOutput, openLogOutput, watchLogOutput } from '../telemetry/log-output.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { openTracing } from '../telemetry/open-tracing.ts';
import { configOf, type SettingOptions, settingsHelp, withDatabaseOptions } from './config-options.ts';
import { type Demo, type DemoAccount, prepareDemo } from './demo.ts';
import { openServerLog } from './open-log.ts';
import { listenForStop } from './stop-request.ts';

interface ServeOptions extends SettingOptions {
  readonly demo?: true;
}

export function serveCommand(): Command {
  return withDatabaseOptions(new Command('serve'))
    .option('--host <address>', 'address to listen on (GROUNDSWELL_HOST, 127.0.0.1)')
    .option('--port <number>', 'port to listen on (GROUNDSWELL_PORT, 8080)')
    .option('--roles <list>', 'what this process does: api, worker, dispatch (GROUNDSWELL_ROLES, all)')
    .option(
      '--systems <list>',
      'systems whose calls it answers, such as feed,links (GROUNDSWELL_SYSTEMS, all)',
    )
    .option(
      '--demo',
      'with people, posts, photos, links and drivers to look at, an account to look with, and an administrator',
    )
    .addHelpText('after', settingsHelp)
    .action(run);
}

async function run(options: ServeOptions): Promise<void> {
  const config = configOf(options);
  const output = openLogOutput();
  const log = openServerLog(config, output);
  const stop = listenForStop({ clock: systemClock, log });
  const task = { demo: options.demo === true, output, stop: stop.asked };
  await Promise.race([serve(config, log, task), stop.insisted]);
  log.info('stopped');
}

interface ServeTask {
  readonly demo: boolean;
  readonly output: LogOutput;
  /** Aborts when it shall stop. */
  readonly stop: AbortSignal;
}

async function serve(config: Config, log: Log, task: ServeTask): Promise<void> {
  const server = await openServer(config, log, task).catch((error: unknown) => {
    if (!task.stop.aborted) throw error;
    log.info({ err: error }, 'stopped while starting');
  });
  if (server === undefined) return;
  if (server.api !== undefined) task.output.write(announcement(server.api.url, config, server.demo));
  await aborted(task.stop);
  log.info('stopping: what has been accepted is being finished');
  await server.close();
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

interface Server {
  readonly api: Api | undefined;
  readonly demo: Demo | undefined;
  close(): Promise<void>;
}

async function openServer(
  config: Config,
  log: Log,
  { demo: withDemo, output, stop }: ServeTask,
): Promise<Server> {
  const [clock, randomness] = [systemClock, systemRandomness];
  const version = packageVersion();
  const metrics = createMetrics({ version, processMetrics: true });
  watchLogOutput(metrics.registry, output);
  const tracing = await openTracing({ ...config.trace, service: 'groundswell', version, log });
  const health = createHealth(clock);
  const telemetry = { log, metrics, tracing, health };
  let url = '';
  const opened: { close(): Promise<void> }[] = [{ close: () => tracing.shutdown() }];
  const close = async (): Promise<void> => {
    for (const part of opened.splice(0).reverse()) await part.close();
  };
  try {
    await requireFreePorts(config);
    const command = 'groundswell serve';
    const hasDemoRoads = withDemo && (await layDemoRoads(config));
    const ports = await openPorts({ config, clock, randomness, ...telemetry, command, signal: stop });
    opened.push(ports);
    const publicUrl = (): string => config.http.publicUrl ?? url;
    const product = await composeProduct({ config, ports, clock, randomness, ...telemetry, publicUrl });
    opened.push(product);
    opened.push(await openMemory({ config, ports, product, clock, randomness, log }));
    const demo = withDemo ? await prepareDemo(ports, product, { clock, randomness }) : undefined;
    if (config.roles.includes('worker'))
      opened.push(await openWorker({ ports, product, clock, randomness, log }));
    const deps = { config, ports, product, clock, randomness, ...telemetry };
    const api = config.roles.includes('api') ? await openApi(deps) : undefined;
    if (api !== undefined) {
      opened.push(api);
      url = api.url;
      await ports.database.dataFolder?.describe({ url: api.url });
    }
    if (config.roles.includes('dispatch')) opened.push(openDispatch({ product, clock, log }));
    const operations = await openOperations(deps);
    if (operations !== undefined) opened.push(operations);
    if (demo !== undefined && api !== undefined)
      opened.push(
        startDemoLife(
          { ...deps, ...product },
          demoLife(demo, config, { url: api.url, hasRoads: hasDemoRoads }),
        ),
      );
    return { api, demo, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Told before a database is made; and whoever starts the same server twice is told that, rather than of its port. */
async function requireFreePorts({ http, roles, database, dataFolder }: Config): Promise<void> {
  const { host, port, operationsPort = 0 } = http;
  try {
    if (roles.includes('api') && port !== 0) await requireFree({ host, port, remedy: API_PORT_REMEDY });
    if (operationsPort !== 0)
      await requireFree({ host, port: operationsPort, remedy: OPERATIONS_PORT_REMEDY });
  } catch (error) {
    if (database.url === undefined && existsSync(dataFolder))
      await (await openDataFolder(dataFolder, { clock: systemClock })).close();
    throw error;
  }
}

function demoLife(
  { reader, people }: Demo,
  { rides, dataFolder }: Config,
  { url, hasRoads }: { readonly url: string; readonly hasRoads: boolean },
): DemoLifeOptions {
  return {
    ...{ url, people, visitor: reader, isFirst: reader.password !== undefined },
    ...{ hasTown: rides.cities.some(isCityOfDemo), roadsFolder: hasRoads ? dataFolder : undefined },
  };
}

function announcement(url: string, { http, dataFolder, database }: Config, demo: Demo | undefined): string {
  const shown = http.publicUrl ?? url;
  const where = database.url === undefined ? `in ${dataFolder}` : 'in the configured database';
  const wide = shown.length + '/docs'.length + 4;
  const lines = [
    `  Groundswell ${packageVersion()} is serving`,
    '',
    `    ${shown.padEnd(wide)}the app`,
    `    ${`${shown}/docs`.padEnd(wide)}every call`,
    `    data ${where}; stop with Ctrl-C`,
    ...(demo === undefined ? [] : ['', ...[demo.reader, demo.administrator].map(demoLine)]),
  ];
  return `\n${lines.join('\n')}\n\n`;
}

function demoLine({ username, role, password }: DemoAccount): string {
  const who = role === 'user' ? username : `${username}, the ${role},`;
  return password === undefined
    ? `    the account ${who} is there; a new password: groundswell admin reset-password ${username}`
    : `    sign in as ${who} with the password ${password} (shown only now)`;
}
