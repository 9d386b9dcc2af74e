/**
 * Several PostgreSQL servers with the same data, as one URL: `postgres://user:password@a:5432,b:5432/groundswell?replica=b:5432`.
 * Before the slash stands where may be written, one of them at a time; after it, where may be read what may be a little old.
 */

export interface ClusterNode {
  /** `host:port`, as it stands in logs and metrics. */
  readonly name: string;
  /** Of this server alone. May hold a password. */
  readonly url: string;
  /** It is the primary, or may become it. */
  readonly mayWrite: boolean;
  /** While it is a replica, it is read from. */
  readonly mayRead: boolean;
}

export const CLUSTER_NODES_MAX = 16;
export const CLUSTER_URL_FORM =
  'postgres://user:password@host:port,host:port/database?replica=host:port&replica=host:port';

const PORT = 5_432;
const PORT_MAX = 65_535;
const URL_PARTS = /^(postgres(?:ql)?):\/\/(?:([^/?#]*)@)?([^/?#@]*)(\/[^?#]*)?(?:\?([^#]*))?$/;
const HOST = /^(?:[A-Za-z0-9_.-]{1,255}|\[[0-9a-fA-F:]{2,39}\])$/;

/** Whether the URL is of several servers; of one, all that PostgreSQL's URLs may have is let through as it is. */
export function isClusterUrl(text: string): boolean {
  const [, , , hosts = '', , query = ''] = URL_PARTS.exec(text) ?? [];
  return hosts.includes(',') || new URLSearchParams(query).has('replica');
}

/** The servers, each once; or what the URL must be, for whoever wrote it. */
export function parseClusterUrl(
  text: string,
): { readonly nodes: readonly ClusterNode[] } | { readonly must: string } {
  const parts = URL_PARTS.exec(text);
  if (parts === null) return { must: `a URL such as ${CLUSTER_URL_FORM}` };
  const [, scheme = '', login, hosts = '', path = '', query = ''] = parts;
  const parameters = new URLSearchParams(query);
  const writable = hosts.split(',').map(nodeName);
  const readable = parameters.getAll('replica').map(nodeName);
  parameters.delete('replica');
  const must = mistakeOf({ writable, readable, parameters, path });
  if (must !== undefined) return { must };
  const rest = parameters.size === 0 ? '' : `?${parameters}`;
  const names = [...new Set([...writable, ...readable])].filter((name) => name !== undefined);
  const nodes = names.map((name) => ({
    name,
    url: `${scheme}://${login === undefined ? '' : `${login}@`}${name}${path}${rest}`,
    mayWrite: writable.includes(name),
    mayRead: readable.includes(name),
  }));
  return nodes.every(({ url }) => URL.canParse(url))
    ? { nodes }
    : { must: 'a URL whose user and password have their special characters written as %40 and the like' };
}

interface ReadUrl {
  readonly writable: readonly (string | undefined)[];
  readonly readable: readonly (string | undefined)[];
  readonly parameters: URLSearchParams;
  readonly path: string;
}

function mistakeOf({ writable, readable, parameters, path }: ReadUrl): string | undefined {
  if ([...writable, ...readable].includes(undefined)) {
    return `a URL whose servers are each host or host:port, as in ${CLUSTER_URL_FORM}`;
  }
  const twice = [writable, readable].map(firstTwice).find((name) => name !== undefined);
  if (twice !== undefined)
    return `a URL that names each server once before the slash and once as replica; ${twice} is there again`;
  if (new Set([...writable, ...readable]).size > CLUSTER_NODES_MAX) {
    return `a URL of at most ${CLUSTER_NODES_MAX} servers`;
  }
  if (path.length < 2) return 'a URL that names the database after the servers, as in /groundswell';
  if (parameters.has('host') || parameters.has('port')) {
    return 'a URL that names its servers before the slash, not as host= or port=';
  }
  return undefined;
}

/** Its port always with it, so that the same server has one name. */
function nodeName(text: string): string | undefined {
  const [, host = '', port = String(PORT)] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(text) ?? [];
  return HOST.test(host) && Number(port) >= 1 && Number(port) <= PORT_MAX
    ? `${host}:${Number(port)}`
    : undefined;
}

function firstTwice(names: readonly (string | undefined)[]): string | undefined {
  return names.find((name, index) => names.indexOf(name) !== index);
}
