/** The role `api`: HTTP for all systems. */
import type { Config } from '../config/config.ts';
import { packageVersion } from '../config/package-info.ts';
import type { Clock, Randomness } from '../core/clock.ts';
import { registerFront } from '../http/front.ts';
import { healthRoutes } from '../http/health-routes.ts';
import { acceptProxyProtocol } from '../http/proxy-protocol.ts';
import { type App, createServer, drain, SERVER_LIMITS } from '../http/server.ts';
import { USER_SCHEMAS } from '../http/user-schema.ts';
import { hasWebApp, webAppRoutes } from '../http/web-app-routes.ts';
import { welcomeRoutes } from '../http/welcome-routes.ts';
import type { Ports } from '../ports/open-ports.ts';
import { openEventLoopLagMonitor } from '../telemetry/event-loop-lag.ts';
import type { Health } from '../telemetry/health.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Tracing } from '../telemetry/trace.ts';
import { openAdmission } from './admission.ts';
import type { Product } from './compose.ts';
import { API_PORT_REMEDY, listen } from './listening.ts';

export interface ApiDeps {
  readonly config: Config;
  readonly ports: Ports;
  readonly product: Product;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  readonly health: Health;
}

export interface Api {
  /** Where it listens. */
  readonly url: string;
  /** Answers what has been accepted, refuses what is new, and stops. */
  close(): Promise<void>;
}

/** Longer than any request may take. */
const DRAIN_TIMEOUT_MS = 30_000;

export async function openApi(deps: ApiDeps): Promise<Api> {
  const { config, ports, product, health, metrics } = deps;
  const { host, port, publicUrl } = config.http;
  const version = packageVersion();
  const lag = openEventLoopLagMonitor();
  metrics.watchEventLoop(lag.current);
  const admission = openAdmission(deps, lag);
  const app = await createServer({
    ...deps,
    ...config.http,
    version,
    authenticate: product.authenticate,
    rateLimiter: config.rateLimits ? ports.rateLimiter : undefined,
    turnAway: admission.turnAway,
    sqlSessions: ports.sqlSessions,
    // However many watch, there is room for requests.
    limits: {
      ...SERVER_LIMITS,
      connectionsMax: SERVER_LIMITS.connectionsMax + config.liveConnectionsMax,
    },
  });
  for (const schema of [...USER_SCHEMAS, ...product.schemas]) app.addSchema(schema);
  let url = '';
  if (config.systems === undefined) await frontPages(app, { baseUrl: () => publicUrl ?? url, version });
  product.pages(app);
  healthRoutes(app, { health, metrics, levels: admission.levels });
  await app.register(async (api) => product.routes(api), { prefix: '/api/v1' });
  const { front } = product;
  const connections = front && registerFront(app, { ...deps, front, isOverloaded: admission.isOverloaded });
  if (config.http.proxyProtocol) acceptProxyProtocol(app, config.http);
  url = await listen(app, { host, port, remedy: API_PORT_REMEDY }).catch(async (error: unknown) => {
    lag.close();
    await admission.close();
    await app.close();
    throw error;
  });
  admission.watch();
  return {
    url,
    async close() {
      health.drain();
      product.drain();
      await drain(app, DRAIN_TIMEOUT_MS, { connections });
      await admission.close();
      lag.close();
    },
  };
}

/** What is of no system: the app, and the page that greets whoever looks for it. */
async function frontPages(
  app: App,
  options: { readonly baseUrl: () => string; readonly version: string },
): Promise<void> {
  welcomeRoutes(app, { ...options, path: hasWebApp() ? '/welcome' : '/' });
  if (hasWebApp()) await webAppRoutes(app);
}
