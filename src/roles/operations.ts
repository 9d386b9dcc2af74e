/** Health and metrics of a process, at an address of their own: for one that has no API, or whose API is open to anyone. */
import type { Config } from '../config/config.ts';
import { packageVersion } from '../config/package-info.ts';
import { healthRoutes } from '../http/health-routes.ts';
import { createServer, drain } from '../http/server.ts';
import type { ApiDeps } from './api.ts';
import { listen, OPERATIONS_PORT_REMEDY } from './listening.ts';

export interface Operations {
  close(): Promise<void>;
}

/** A probe is answered at once. */
const DRAIN_TIMEOUT_MS = 2_000;

/** `undefined` where no port is configured. Fails as the API does for one that is taken. */
export async function openOperations(deps: ApiDeps): Promise<Operations | undefined> {
  const { config, product, health } = deps;
  const port = config.http.operationsPort;
  if (port === undefined) return undefined;
  const app = await createServer({
    ...deps,
    ...withoutPublic(config),
    version: packageVersion(),
    authenticate: product.authenticate,
    rateLimiter: undefined,
    turnAway: () => undefined,
  });
  healthRoutes(app, deps);
  await listen(app, { host: config.http.host, port, remedy: OPERATIONS_PORT_REMEDY }).catch(
    async (error: unknown) => {
      await app.close();
      throw error;
    },
  );
  return {
    async close() {
      health.drain();
      await drain(app, DRAIN_TIMEOUT_MS);
    },
  };
}

/** Programs on the same network ask it, no pages and no balancer. */
function withoutPublic({
  http,
}: Config): Pick<Config['http'], 'publicUrl' | 'trustedProxies' | 'corsOrigins'> {
  return { publicUrl: http.publicUrl, trustedProxies: [], corsOrigins: [] };
}
