/** Tables of links, in and out. */
import type { App } from '../../../http/server.ts';
import { createLinkBodies } from '../link-bodies-routes.ts';
import { type BulkRoutesDeps, bulkRoutes } from './bulk-routes.ts';
import { type ExportRoutesDeps, exportRoutes } from './export-routes.ts';
import { importRoutes } from './import-routes.ts';

export type TransferRoutesDeps = Omit<BulkRoutesDeps, 'bodies'> & ExportRoutesDeps;

export function transferRoutes(app: App, deps: TransferRoutesDeps): void {
  const bodies = createLinkBodies();
  bulkRoutes(app, { ...deps, bodies });
  importRoutes(app, { ...deps, bodies });
  exportRoutes(app, deps);
}
