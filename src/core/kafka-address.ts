/**
 * Where a Kafka cluster is, as a URL: `kafka://[<user>:<password>@]<host>:<port>[,<host>:<port>…]`, and what differs from
 * the usual as its query. It may hold a password: neither it nor a part of it stands in any message.
 */

export interface KafkaAddress {
  /** `host:port` of some of the brokers; the others they tell. */
  readonly brokers: readonly string[];
  /** Before the name of every topic and group. */
  readonly prefix: string;
  /** Of topics that are created here; `undefined`: as many as the brokers say. */
  readonly replicas: number | undefined;
  readonly tls: boolean;
  readonly login: KafkaLogin | undefined;
}

export interface KafkaLogin {
  readonly mechanism: SaslMechanism;
  readonly user: string;
  readonly password: string;
}

export type SaslMechanism = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';

export const KAFKA_URL_FORM =
  'kafka://host:port,host:port with user:password@ before the hosts if need be, and after a ? any of prefix=groundswell., replicas=3, tls=on and sasl=plain, scram-sha-256 or scram-sha-512';

export const BROKERS_MAX = 32;
export const REPLICAS_MAX = 32;
const PREFIX = 'groundswell.';
const PARAMETERS = ['prefix', 'replicas', 'tls', 'sasl'];
const HOST = /^(?:[A-Za-z0-9_.-]{1,255}|\[[0-9a-fA-F:]{2,39}\]):\d{1,5}$/;
const MECHANISMS: Readonly<Record<string, SaslMechanism>> = {
  plain: 'PLAIN',
  'scram-sha-256': 'SCRAM-SHA-256',
  'scram-sha-512': 'SCRAM-SHA-512',
};

/** `undefined` where the text has not the form KAFKA_URL_FORM. */
export function parseKafkaUrl(text: string): KafkaAddress | undefined {
  // A URL of the standard has one host.
  const [, login, hosts = '', query = ''] =
    /^kafka:\/\/(?:([^@/?]*)@)?([^@/?]+)\/?(?:\?(.*))?$/.exec(text) ?? [];
  const brokers = hosts.split(',');
  const parameters = new URLSearchParams(query);
  const prefix = parameters.get('prefix') ?? PREFIX;
  const replicas = parameters.get('replicas');
  const tls = parameters.get('tls') ?? 'off';
  const mechanism = MECHANISMS[parameters.get('sasl') ?? 'scram-sha-512'];
  const isValid =
    brokers.length <= BROKERS_MAX &&
    brokers.every((broker) => HOST.test(broker) && isPort(broker.slice(broker.lastIndexOf(':') + 1))) &&
    [...parameters.keys()].every((name) => PARAMETERS.includes(name)) &&
    /^[A-Za-z0-9._-]{0,64}$/.test(prefix) &&
    (replicas === null ||
      (/^\d{1,2}$/.test(replicas) && Number(replicas) >= 1 && Number(replicas) <= REPLICAS_MAX)) &&
    (tls === 'on' || tls === 'off') &&
    (login !== undefined || !parameters.has('sasl'));
  const parsed = login === undefined ? undefined : parseLogin(login, mechanism);
  if (!isValid || mechanism === undefined || (login !== undefined && parsed === undefined)) return undefined;
  return {
    brokers,
    prefix,
    replicas: replicas === null ? undefined : Number(replicas),
    tls: tls === 'on',
    login: parsed,
  };
}

function isPort(text: string): boolean {
  return Number(text) >= 1 && Number(text) <= 65_535;
}

function parseLogin(text: string, mechanism: SaslMechanism | undefined): KafkaLogin | undefined {
  const [user = '', password = '', ...rest] = text.split(':');
  if (user === '' || password === '' || rest.length > 0 || mechanism === undefined) return undefined;
  try {
    return { mechanism, user: decodeURIComponent(user), password: decodeURIComponent(password) };
  } catch {
    return undefined;
  }
}
