/**
 * Writes new links. Those that arrive while a batch is being written wait and go together in the next one: one
 * statement and one flush to disk for all of them, as with posts.
 */
import { assert } from '../../core/errors.ts';
import { firstOfEachKey, type IdempotencyClaim, type StoredAnswer } from '../../core/idempotency.ts';
import { shardOf } from '../../core/ids.ts';
import { type EventLog, type NewEvent, partitionOf } from '../../ports/event-log/event-log.ts';
import type { SqlStore } from '../../ports/sql-store/sql-store.ts';
import type { ItemOutcome } from '../../resilience/coalesce.ts';
import { createTracedCoalescer, type TracedItem } from '../../resilience/traced-coalescer.ts';
import type { Tracing } from '../../telemetry/trace.ts';
import { lookOf } from './codes/alias.ts';
import { type AnnouncedLink, linkCreated } from './link-events.ts';
import {
  type LinkColumns,
  type LinkParts,
  type LinkWriteOutcome,
  type LinkWriteRow,
  writeLinks,
} from './link-writer-queries.ts';
import { storedRules } from './rules/stored-rules.ts';
import { storedCard } from './stored-cards.ts';

/** As of new posts (feed/posts/post-writer.ts), and for the same reasons. */
export const LINK_BATCH_MAX = 100;
const CONCURRENT_BATCHES_MAX = 2;
const WAITING_MAX = 5_000;

export interface LinkWrite {
  readonly link: AnnouncedLink;
  readonly passwordHash: string | null;
  /** With the answer that it shall stand for. */
  readonly claim: IdempotencyClaim | undefined;
  readonly answer: StoredAnswer;
}

export interface LinkWriter {
  /**
   * Resolves when the link, with all that belongs to it, is durable, or is known not to be written. Fails with
   * `conflict`, whose cause is the violation of `links_code` or `links_code_look`, where another took the code meanwhile.
   */
  write(link: LinkWrite): Promise<LinkWriteOutcome>;
  /** Links that wait for a batch. */
  waiting(): number;
}

export interface LinkWriterDeps {
  readonly sql: SqlStore;
  readonly eventLog: EventLog;
  readonly tracing: Tracing;
}

interface WaitingLink extends LinkWrite {
  readonly traceparent: string | null;
  readonly event: NewEvent;
}

export function createLinkWriter({ sql, eventLog, tracing }: LinkWriterDeps): LinkWriter {
  async function run(traced: readonly TracedItem<LinkWrite>[]): Promise<ItemOutcome<LinkWriteOutcome>[]> {
    const writes = traced.map(({ item, traceparent = null }) => ({
      traceparent,
      event: linkCreated(item.link),
      ...item,
    }));
    const links = firstOfEachKey(writes);
    const parts = partsOf(links);
    const rows = await sql.query(writeLinks(parts), columnsOf(links, parts));
    const outcomes = outcomesOf(links, parts, rows);
    eventLog.appended(() =>
      links.filter((write) => outcomes.get(write) === 'created').map(({ event }) => event),
    );
    return writes.map((write) => ({ ok: true, value: outcomes.get(write) ?? 'key_in_flight' }));
  }

  return createWriter(
    createTracedCoalescer<LinkWrite, LinkWriteOutcome>({
      ...{ tracing, run, batchMax: LINK_BATCH_MAX, queueMax: WAITING_MAX },
      concurrentBatchesMax: CONCURRENT_BATCHES_MAX,
    }),
  );
}

function createWriter(
  coalescer: ReturnType<typeof createTracedCoalescer<LinkWrite, LinkWriteOutcome>>,
): LinkWriter {
  return {
    write(write) {
      const { claim, link } = write;
      assert(
        claim === undefined || claim.principalId === link.ownerId,
        'a link is written under its owner’s key',
      );
      return coalescer.submit(write);
    },
    waiting: coalescer.waiting,
  };
}

function outcomesOf(
  links: readonly WaitingLink[],
  { keys, aliases }: LinkParts,
  rows: readonly LinkWriteRow[],
): Map<WaitingLink, LinkWriteOutcome> {
  if (!keys && !aliases) return new Map(links.map((link) => [link, 'created']));
  assert(rows.length === links.length, 'every link of a batch has its outcome');
  const outcomes = new Map<WaitingLink, LinkWriteOutcome>();
  for (const { position, outcome } of rows) {
    const link = links[position - 1];
    if (link !== undefined) outcomes.set(link, outcome);
  }
  return outcomes;
}

function partsOf(links: readonly WaitingLink[]): LinkParts {
  return {
    keys: links.some(({ claim }) => claim !== undefined),
    aliases: links.some(({ link }) => link.codeOrigin !== 'made'),
    limits: links.some(({ link }) => link.maxVisits !== null),
  };
}

function columnsOf(links: readonly WaitingLink[], { keys, aliases, limits }: LinkParts): LinkColumns {
  const column = <Value>(value: (write: WaitingLink) => Value): Value[] => links.map(value);
  const optional = <Value>(value: (write: WaitingLink) => Value | null): (Value | null)[] | null => {
    const values = links.map(value);
    return values.some((each) => each !== null) ? values : null;
  };
  return [
    links.length,
    column(({ link }) => link.linkId),
    column(({ link }) => shardOf(link.ownerId)),
    column(({ link }) => partitionOf(link.ownerId)),
    column(({ link }) => link.ownerId),
    column(({ link }) => link.code),
    column(({ link }) => link.url),
    column(({ link }) => link.title),
    column(({ link }) => link.redirectType),
    column(({ event }) => JSON.stringify(event.payload)),
    optional(({ traceparent }) => traceparent),
    links.some(({ link }) => link.domainId !== 0) ? column(({ link }) => link.domainId) : null,
    aliases ? column(({ link }) => link.codeOrigin) : null,
    aliases ? column(({ link }) => (link.codeOrigin === 'chosen' ? lookOf(link.code) : null)) : null,
    links.some(({ link }) => link.tags.length > 0) ? column(({ link }) => arrayText(link.tags)) : null,
    links.some(({ link }) => link.passQuery) ? column(({ link }) => link.passQuery) : null,
    optional(({ link }) => (Object.keys(link.utm).length === 0 ? null : JSON.stringify(link.utm))),
    optional(({ link }) => storedRules(link.rules)),
    optional(({ link }) => link.expiresAt),
    limits ? column(({ link }) => link.maxVisits) : null,
    optional(({ passwordHash }) => passwordHash),
    keys ? column(({ claim }) => claim?.key ?? null) : null,
    keys ? column(({ claim }) => claim?.fingerprint.toString('hex') ?? null) : null,
    keys ? column(({ claim, answer }) => (claim === undefined ? null : answer.status)) : null,
    keys ? column(({ claim, answer }) => (claim === undefined ? null : answer.body)) : null,
    links.some(({ link }) => !link.enabled) ? column(({ link }) => link.enabled) : null,
    optional(({ link }) => link.startsAt),
    optional(({ link }) => link.fallbackUrl),
    optional(({ link }) => link.card && JSON.stringify(storedCard(link.card))),
  ];
}

/** An array in PostgreSQL's notation. */
export function arrayText(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}
