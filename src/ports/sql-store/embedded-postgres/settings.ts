/** How the embedded server is configured: for durability first, then for a machine that it shares with us. */
import { totalmem } from 'node:os';

export interface ServerSettings {
  readonly socketFolder: string;
  readonly connectionsMax: number;
  /** By the names of PostgreSQL's own settings; they win over everything here. */
  readonly overrides?: Readonly<Record<string, string>>;
}

const MEBIBYTE = 1_048_576;
const SHARED_BUFFERS_MIN_MB = 64;
const SHARED_BUFFERS_MAX_MB = 512;

/** Before each line of the log; `parseLogLine` reads it. */
export const LOG_LINE_PREFIX = '%p|%b|%e|';

/** The arguments that set everything that must not depend on what postgresql.conf says. */
export function settingArguments(settings: ServerSettings): string[] {
  const memoryMb = Math.floor(memoryBytes() / MEBIBYTE);
  const all = { ...serverSettings(settings, memoryMb), ...settings.overrides };
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

function serverSettings({ socketFolder, connectionsMax }: ServerSettings, memoryMb: number) {
  return {
    // Reached only through the socket.
    listen_addresses: '',
    unix_socket_directories: `"${socketFolder.replaceAll('"', '""')}"`,
    unix_socket_permissions: '0700',
    max_connections: String(connectionsMax),

    // What is acknowledged is on the disk.
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    // Moving data to another server, live, is logical replication.
    wal_level: 'logical',
    max_wal_size: '2GB',

    // Pages of its own on top of the system's cache: an eighth would be the rule for a machine of its own.
    shared_buffers: `${clamp(memoryMb / 16, SHARED_BUFFERS_MIN_MB, SHARED_BUFFERS_MAX_MB)}MB`,
    effective_cache_size: `${Math.max(256, Math.floor(memoryMb / 2))}MB`,
    random_page_cost: '1.1', // Solid-state disks.
    jit: 'off', // Compiling costs more than our short statements.

    timezone: 'UTC',
    log_timezone: 'UTC',
    lc_messages: 'C', // The log is parsed.

    // To standard error, which we read. Statements and details hold what people wrote, so they stay out.
    logging_collector: 'off',
    log_destination: 'stderr',
    log_line_prefix: LOG_LINE_PREFIX,
    log_error_verbosity: 'terse',
    log_statement: 'none',
    log_min_duration_statement: '-1',
    log_min_error_statement: 'panic',
    log_checkpoints: 'off',
    log_startup_progress_interval: '5s',
  };
}

function clamp(value: number, min: number, max: number): number {
  return Math.floor(Math.min(max, Math.max(min, value)));
}

/** What we may use: a container's limit counts where it is lower than the machine's memory. */
function memoryBytes(): number {
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
