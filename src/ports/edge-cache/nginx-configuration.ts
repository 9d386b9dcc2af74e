/** The configuration of an edge that is nginx, from the template in `deploy/nginx`. */
import { invalidField } from '../../core/errors.ts';

export interface NginxEdge {
  /** What it listens on: an address and a port, or a port. */
  readonly listen: string;
  /** Where the servers are, as `host:port`. */
  readonly servers: readonly string[];
  /** Of its own, for what it keeps. */
  readonly folder: string;
  readonly cacheGigabytes: number;
  /** That a purge is known by. */
  readonly secret: string;
}

const LISTEN = /^((\d{1,3}\.){3}\d{1,3}:|\[[0-9a-f:]+\]:)?\d{1,5}$/;
const SERVER = /^([A-Za-z0-9.-]+|\[[0-9a-f:]+\]):\d{1,5}$/;
const FOLDER = /^\/[A-Za-z0-9._/-]+$/;

/** Fails with `invalid`, naming what is no value: none of them may add a line to the configuration. */
export function renderNginxEdge(template: string, edge: NginxEdge): string {
  const { listen, servers, folder, cacheGigabytes, secret } = edge;
  if (!LISTEN.test(listen)) throw invalidField('listen', 'must be a port, or an address and a port.');
  const wrong = servers.find((server) => !SERVER.test(server));
  if (wrong !== undefined || servers.length === 0) {
    throw invalidField('to', 'must be servers such as 127.0.0.1:8080, with commas between them.');
  }
  if (!FOLDER.test(folder))
    throw invalidField('folder', 'must be an absolute path of letters, digits and ._-');
  const values: Readonly<Record<string, string>> = {
    listen,
    servers: servers.map((server) => `        server ${server};`).join('\n'),
    folder: folder.replace(/\/+$/, ''),
    cacheGigabytes: String(cacheGigabytes),
    secret,
  };
  return template.replace(/\{\{(\w+)\}\}/g, (_all, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the template has {{${name}}}, which nothing fills`);
    return value;
  });
}
