/** From configuration to ports: every adapter, wrapped. The only file that names them all. */
import path from 'node:path';
import type { Config } from '../config/config.ts';
import { createIdGenerator, type IdGenerator } from '../core/ids.ts';
import { createPortStates, type PortStates } from '../resilience/port-states.ts';
import type { BlobStore } from './blob-store/blob-store.ts';
import { openBundledCountryTable } from './country-table/bundled-country-table.ts';
import type { CountryTable } from './country-table/country-table.ts';
import { openMmdbCountryTable } from './country-table/mmdb-country-table.ts';
import { type DiskReserve, openDiskReserve } from './data-folder/disk-reserve.ts';
import type { EdgeCache } from './edge-cache/edge-cache.ts';
import type { EventLog } from './event-log/event-log.ts';
import type { GeoIndex } from './geo-index/geo-index.ts';
import { createPostgresIdWriters } from './id-writers/postgres-id-writers.ts';
import { openWriterLease } from './id-writers/writer-lease.ts';
import { createFolderMailer } from './mailer/folder-mailer.ts';
import type { Mailer } from './mailer/mailer.ts';
import { openBlobStore } from './open-blob-store.ts';
import { checkPooler, type Database, openDatabase, reachDatabase } from './open-database.ts';
import { openEdgeCache } from './open-edge-cache.ts';
import { openEventLog } from './open-event-log.ts';
import { openGeoIndex } from './open-geo-index.ts';
import { openOutboundHttp } from './open-outbound-http.ts';
import { openPaymentProvider } from './open-payment-provider.ts';
import { openRateLimiter } from './open-rate-limiter.ts';
import { openRouting } from './open-routing.ts';
import { openSqlStores } from './open-sql-store.ts';
import { openTimelineStore } from './open-timeline-store.ts';
import type { OutboundHttp } from './outbound-http/outbound-http.ts';
import type { PaymentProvider } from './payment-provider/payment-provider.ts';
import type { PortsOptions } from './ports-options.ts';
import type { RateLimiter } from './rate-limiter/rate-limiter.ts';
import type { Routing } from './routing/routing.ts';
import { createPostgresSearchIndex } from './search-index/postgres-search-index.ts';
import type { SearchIndex } from './search-index/search-index.ts';
import { migrate } from './sql-store/migrate.ts';
import type { SqlSessions } from './sql-store/sql-sessions.ts';
import type { SqlStore } from './sql-store/sql-store.ts';
import type { StreetMap } from './street-map/street-map.ts';
import { createNodeTextRecords } from './text-records/node-text-records.ts';
import type { TextRecords } from './text-records/text-records.ts';
import type { TimelineStore } from './timeline-store/timeline-store.ts';

export interface Ports {
  readonly sql: SqlStore;
  /** `undefined`: nothing is read from replicas. */
  readonly sqlSessions: SqlSessions | undefined;
  readonly ids: IdGenerator;
  readonly eventLog: EventLog;
  readonly mailer: Mailer;
  readonly blobStore: BlobStore;
  /** `undefined`: there are none. */
  readonly edgeCache: EdgeCache | undefined;
  readonly outboundHttp: OutboundHttp;
  readonly textRecords: TextRecords;
  readonly rateLimiter: RateLimiter;
  readonly timelineStore: TimelineStore;
  readonly geoIndex: GeoIndex;
  readonly routing: Routing;
  readonly streetMap: StreetMap;
  readonly countryTable: CountryTable;
  readonly searchIndex: SearchIndex;
  readonly paymentProvider: PaymentProvider;
  /** Only with the embedded database: another server watches its own disk. */
  readonly diskReserve: DiskReserve | undefined;
  readonly database: Database;
  readonly states: PortStates;
  /** Closes all of them, the database last. */
  close(): Promise<void>;
}

/** For what moves and hears events, one statement at a time each; opened when they are first used. */
const EVENT_LOG_CONNECTIONS = 2;
/** For searches and what they search in: however long they take, they hold up nobody else. */
const SEARCH_INDEX_CONNECTIONS = 4;
/** For the books of the sandbox provider, which are nobody else's. */
const SANDBOX_CONNECTIONS = 2;

/** Opens everything in order; when one part cannot be opened, those before it are closed again. */
export async function openPorts(given: Omit<PortsOptions, 'states'>): Promise<Ports> {
  const options: PortsOptions = { ...given, states: createPortStates() };
  const { clock, log } = options;
  const opened: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const closePart of opened.splice(0).reverse()) await closePart();
  };
  try {
    const database = await (options.shared === true ? reachDatabase : openDatabase)(options);
    opened.push(() => database.close());
    await migrate({ connection: database.connection, log, clock });
    await checkPooler(database, options.config);
    const { sql, sqlSessions, openPart, close: closeSql } = openSqlStores(database, options);
    opened.push(closeSql);
    const lease = await openWriterLease({ ...options, idWriters: createPostgresIdWriters(sql) });
    opened.push(() => lease.close());
    const ownSqlStore = openPart('event-log', EVENT_LOG_CONNECTIONS);
    const eventLog = await openEventLog({ sqlStore: sql, ownSqlStore }, options);
    opened.push(() => eventLog.close());
    const timelineStore = await openTimelineStore(options);
    opened.push(() => timelineStore.close());
    const rateLimiter = await openRateLimiter(options);
    opened.push(() => rateLimiter.close());
    const geoIndex = await openGeoIndex(options);
    opened.push(() => geoIndex.close());
    const { routing, streetMap } = await openRouting(options);
    opened.push(() => routing.close());
    const searchStore = openPart('search-index', SEARCH_INDEX_CONNECTIONS);
    const paymentProvider = openPaymentProvider(openPart('payment-sandbox', SANDBOX_CONNECTIONS), options);
    opened.push(() => paymentProvider.close());
    const diskReserve = await watchDisk(database, options);
    opened.push(async () => diskReserve?.close());
    const blobStore = await openBlobStore(options, diskReserve);
    opened.push(() => blobStore.close());
    return {
      sql,
      sqlSessions,
      ids: createIdGenerator(lease.current, clock),
      eventLog,
      mailer: openMailer(options),
      blobStore,
      edgeCache: openEdgeCache(options),
      outboundHttp: openOutboundHttp(options),
      textRecords: createNodeTextRecords(),
      rateLimiter,
      timelineStore,
      geoIndex,
      ...{ routing, streetMap },
      countryTable: await openCountryTable(options.config),
      searchIndex: createPostgresSearchIndex({ sql: searchStore, clock }),
      paymentProvider,
      diskReserve,
      database,
      states: options.states,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A full disk is shown, but no reason to be sent no requests: reads are served as ever. */
async function watchDisk(
  { dataFolder }: Database,
  { config, log, metrics, health }: PortsOptions,
): Promise<DiskReserve | undefined> {
  if (dataFolder === undefined) return undefined;
  const reserveBytes = config.diskReserveBytes;
  const reserve = openDiskReserve({ folder: dataFolder.path, reserveBytes, log });
  await reserve.check();
  metrics.watchDisk(() => ({ freeBytes: reserve.freeBytes(), reserveBytes }));
  const check = async (): Promise<void> => {
    const refusal = reserve.refusal();
    if (refusal !== undefined) throw refusal;
  };
  health.addCheck('disk', check, { optional: true });
  return reserve;
}

function openCountryTable({ geoDatabase }: Config): Promise<CountryTable> | CountryTable {
  return geoDatabase === undefined ? openBundledCountryTable() : openMmdbCountryTable(geoDatabase);
}

/** A provider of mail comes later: until then the operator reads it in the folder. */
function openMailer({ config, clock, randomness, log }: PortsOptions): Mailer {
  const host = config.http.publicUrl === undefined ? 'localhost' : new URL(config.http.publicUrl).hostname;
  const from = `Groundswell <noreply@${host}>`;
  return createFolderMailer({ folder: path.join(config.dataFolder, 'mail'), from, clock, randomness, log });
}
