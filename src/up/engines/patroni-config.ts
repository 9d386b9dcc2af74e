/** How Patroni is told to run one PostgreSQL of several. Pure: the text of its file, which is YAML, and JSON is that. */

export interface PatroniNode {
  /** `undefined`, as of what follows from where it runs: Patroni takes it from its environment. */
  readonly name: string | undefined;
  readonly port: number;
  /** Where Patroni says how it is. */
  readonly patroniPort: number;
  /** On which both listen. */
  readonly listenHost: string;
  /** By which others reach both. */
  readonly connectHost: string | undefined;
  readonly dataFolder: string;
  /** Of PostgreSQL. */
  readonly programs: string;
  readonly passwordFile: string;
}

export interface PatroniOptions {
  /** `host:port` */
  readonly etcd: string;
  readonly superuser: string;
  readonly password: string | undefined;
  /** From where clients and other servers come, as `pg_hba.conf` writes it. */
  readonly clients: string;
  /** To each server. */
  readonly connectionsMax: number;
  /** Made with the cluster; `undefined`: somebody else makes it. */
  readonly database: string | undefined;
}

/** What holds a server back from going on while another one takes over. In seconds, as Patroni has them. */
const LEASE_S = 8;
const LOOP_S = 1;
const RETRY_S = 3;
/** A replica that lacks more may not become primary; the synchronous standby lacks nothing. */
const LAG_BYTES_MAX = 1_048_576;
const REPLICATION_USER = 'replication';

export function renderPatroniConfig(node: PatroniNode, options: PatroniOptions): string {
  const { superuser, password, clients, database } = options;
  const place = (port: number) => ({
    listen: `${node.listenHost}:${port}`,
    connect_address: node.connectHost && `${node.connectHost}:${port}`,
  });
  const config = {
    scope: 'groundswell',
    name: node.name,
    // It says every second that nothing has happened.
    log: { level: 'WARNING' },
    restapi: {
      ...place(node.patroniPort),
      // What it is asked, it tells everybody here; what it is told to do is believed only with the password.
      authentication: { username: superuser, password },
    },
    etcd3: { hosts: options.etcd },
    bootstrap: {
      dcs: dynamicConfig(options),
      initdb: [{ encoding: 'UTF8' }, { locale: 'C.UTF-8' }, 'data-checksums'],
      // Patroni adds how the new primary is reached.
      post_init: database && `createdb ${database} --maintenance-db`,
    },
    postgresql: {
      ...{ ...place(node.port), data_dir: node.dataFolder, bin_dir: node.programs },
      pgpass: node.passwordFile,
      // A copy need not wait for the minutes over which a checkpoint is spread.
      basebackup: { checkpoint: 'fast' },
      authentication: {
        superuser: { username: superuser, password },
        replication: { username: REPLICATION_USER, password },
      },
      // Without a socket there is nobody but who has the password.
      parameters: { unix_socket_directories: '' },
      pg_hba: [
        `host all all ${clients} scram-sha-256`,
        `host replication ${REPLICATION_USER} ${clients} scram-sha-256`,
        `host replication ${superuser} ${clients} scram-sha-256`,
      ],
      // What died may have written what nobody else has: it is copied anew where it cannot be wound back.
      remove_data_directory_on_diverged_timelines: true,
    },
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** Of all nodes; it is read once, when the first of them makes the cluster, and from then on `patronictl` changes it. */
function dynamicConfig({ connectionsMax }: PatroniOptions) {
  return {
    ...{ ttl: LEASE_S, loop_wait: LOOP_S, retry_timeout: RETRY_S },
    maximum_lag_on_failover: LAG_BYTES_MAX,
    // Only the synchronous standby is promoted, and while there is one each commit waits for it.
    ...{ synchronous_mode: true, synchronous_node_count: 1 },
    // Without etcd the primary goes on as long as it reaches all the others, who then know that they need not take over.
    failsafe_mode: true,
    // One that has crashed is not started first: the other one is ready.
    primary_start_timeout: 0,
    postgresql: {
      use_pg_rewind: true,
      use_slots: true,
      parameters: {
        max_connections: connectionsMax,
        ...{ wal_level: 'logical', wal_log_hints: 'on', hot_standby: 'on' },
        ...{ synchronous_commit: 'on', fsync: 'on', full_page_writes: 'on' },
        ...{ max_wal_size: '2GB', random_page_cost: 1.1, jit: 'off', timezone: 'UTC' },
        ...{ wal_receiver_timeout: '5s', wal_sender_timeout: '5s', wal_retrieve_retry_interval: '500ms' },
        ...{ log_statement: 'none', log_min_error_statement: 'panic', log_error_verbosity: 'terse' },
      },
    },
  };
}
