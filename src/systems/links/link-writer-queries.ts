/** New links, many in one statement, with all that commits with them. */
import type { Id } from '../../core/ids.ts';
import { readStatement, type Statement, writeStatement } from '../../ports/sql-store/sql-store.ts';

/** The links of a batch, column by column; where none of them has anything in a column, null stands for all of it. */
export type LinkColumns = [
  count: number,
  linkIds: readonly Id[],
  /** Of the owner; of the event too, whose key the owner is. */
  shards: readonly number[],
  partitions: readonly number[],
  ownerIds: readonly Id[],
  codes: readonly string[],
  urls: readonly string[],
  titles: readonly string[],
  redirectTypes: readonly number[],
  /** JSON. */
  payloads: readonly string[],
  traceparents: readonly (string | null)[] | null,
  domainIds: readonly Id[] | null,
  codeOrigins: readonly string[] | null,
  codeLooks: readonly (string | null)[] | null,
  /** Arrays in PostgreSQL's notation, because arrays of arrays cannot differ in length. */
  tags: readonly string[] | null,
  passQuery: readonly boolean[] | null,
  /** JSON. */
  utms: readonly (string | null)[] | null,
  /** JSON. */
  rules: readonly (string | null)[] | null,
  expiresAt: readonly (Date | null)[] | null,
  maxVisits: readonly (number | null)[] | null,
  passwordHashes: readonly (string | null)[] | null,
  /** The Idempotency-Keys and what they stand for. */
  keys: readonly (string | null)[] | null,
  /** In hexadecimal. */
  fingerprints: readonly (string | null)[] | null,
  statuses: readonly (number | null)[] | null,
  bodies: readonly (string | null)[] | null,
  /** Whether each is on. */
  enabled: readonly boolean[] | null,
  startsAt: readonly (Date | null)[] | null,
  fallbackUrls: readonly (string | null)[] | null,
  /** JSON. */
  cards: readonly (string | null)[] | null,
];

/** The n-th links, for the numbers that `source` has as `position`. What is not used of it is not computed. */
const linksOf = (source: string): string => `
     SELECT position, ($2::bigint[])[position] AS link_id, ($3::smallint[])[position] AS shard,
       ($4::smallint[])[position] AS partition, ($5::bigint[])[position] AS owner_id,
       ($6::text[])[position] AS code, ($7::text[])[position] AS url, ($8::text[])[position] AS title,
       ($9::smallint[])[position] AS redirect_type, ($10::json[])[position] AS payload,
       ($11::text[])[position] AS traceparent, coalesce(($12::bigint[])[position], 0) AS domain_id,
       coalesce(($13::text[])[position], 'made') AS code_origin, ($14::text[])[position] AS code_look,
       coalesce(($15::text[])[position], '{}')::text[] AS tags,
       coalesce(($16::boolean[])[position], false) AS pass_query, ($17::json[])[position] AS utm,
       ($18::json[])[position] AS rules, ($19::timestamptz[])[position] AS expires_at,
       ($20::integer[])[position] AS max_visits, ($21::text[])[position] AS password_hash,
       ($22::text[])[position] AS key, ($23::text[])[position] AS fingerprint,
       ($24::smallint[])[position] AS status, ($25::text[])[position] AS body,
       coalesce(($26::boolean[])[position], true) AS enabled,
       ($27::timestamptz[])[position] AS starts_at, ($28::text[])[position] AS fallback_url,
       ($29::json[])[position] AS card
     FROM ${source}`;

/** What some link of a batch has. A statement does nothing about what none has. */
export interface LinkParts {
  readonly keys: boolean;
  /** Codes that are not from the counter. */
  readonly aliases: boolean;
  readonly limits: boolean;
}

/** `key_exists`: its answer is stored. `alias_taken`: by another link, or one that looks like it. */
export type LinkWriteOutcome = 'created' | 'key_exists' | 'key_in_flight' | 'alias_taken';

export interface LinkWriteRow {
  /** In the batch, from 1. */
  readonly position: number;
  readonly outcome: LinkWriteOutcome;
}

type WriteLinks = Statement<LinkColumns, LinkWriteRow>;

/** The statement for batches that have these parts and no others. */
export function writeLinks({ keys, aliases, limits }: LinkParts): WriteLinks {
  // There is one for each of the eight.
  return WRITE_LINKS[Number(keys) + 2 * Number(aliases) + 4 * Number(limits)] as WriteLinks;
}

function writeLinksText({ keys, aliases, limits }: LinkParts): string {
  const choosy = keys || aliases;
  const all = 'generate_series(1, $1::integer) AS position';
  const steps = [
    `given AS NOT MATERIALIZED (${linksOf(all)})`,
    keys && CLAIMS,
    choosy &&
      `possible AS MATERIALIZED (
     SELECT given.* FROM given ${keys ? 'LEFT JOIN claim ON claim.position = given.position' : ''}
     WHERE ${keys ? 'claim.claimed IS NOT FALSE' : 'true'} ${aliases ? `AND ${FREE_ALIAS}` : ''})`,
    keys && NEW_KEYS,
    choosy &&
      `chosen AS MATERIALIZED (${keys ? UNUSED_KEYS : 'SELECT position FROM possible ORDER BY position'})`,
    `accepted AS NOT MATERIALIZED (${linksOf(choosy ? 'chosen' : all)})`,
    `written AS (
     INSERT INTO links (link_id, shard, owner_id, domain_id, code, code_origin, code_look, url, title, tags,
       redirect_type, pass_query, utm, rules, enabled, starts_at, expires_at, max_visits, fallback_url,
       card, password_hash)
     SELECT link_id, shard, owner_id, domain_id, code, code_origin, code_look, url, title, tags,
       redirect_type, pass_query, utm, rules, enabled, starts_at, expires_at, max_visits, fallback_url,
       card, password_hash FROM accepted)`,
    limits &&
      `limited AS (
     INSERT INTO link_visits (link_id, shard, max_visits)
     SELECT link_id, shard, max_visits FROM accepted WHERE max_visits IS NOT NULL)`,
  ].filter((step) => step !== false);
  const announce = `INSERT INTO outbox (shard, topic, partition, key, kind, payload, traceparent)
     SELECT shard, 'links', partition, owner_id, 'created', payload, traceparent FROM accepted`;
  if (!choosy) return `WITH ${steps.join(',\n   ')}\n   ${announce}`;
  return `WITH ${[...steps, `announced AS (${announce})`].join(',\n   ')}
   SELECT given.position, CASE
       WHEN chosen.position IS NOT NULL THEN 'created'
       ${keys ? "WHEN claim.claimed IS FALSE THEN 'key_in_flight'" : ''}
       WHEN possible.position IS NULL THEN 'alias_taken'
       ELSE 'key_exists' END AS outcome
   FROM given
   ${keys ? 'LEFT JOIN claim ON claim.position = given.position' : ''}
   LEFT JOIN possible ON possible.position = given.position
   LEFT JOIN chosen ON chosen.position = given.position`;
}

const CLAIMS = `claim AS MATERIALIZED (
     SELECT position, pg_try_advisory_xact_lock(hashtextextended(key, owner_id)) AS claimed
     FROM given WHERE key IS NOT NULL)`;

const FREE_ALIAS = `(given.code_origin = 'made' OR NOT EXISTS (
       SELECT FROM links AS other WHERE other.domain_id = given.domain_id AND other.code = given.code)
     AND (given.code_look IS NULL OR NOT EXISTS (
       SELECT FROM links AS other WHERE other.domain_id = given.domain_id AND other.code_look = given.code_look)))`;

const NEW_KEYS = `new_key AS MATERIALIZED (
     INSERT INTO idempotency_keys (principal_id, key, shard, fingerprint, status, body)
     SELECT owner_id, key, shard, decode(fingerprint, 'hex'), status, body FROM possible WHERE key IS NOT NULL
     ON CONFLICT DO NOTHING RETURNING principal_id, key)`;

const UNUSED_KEYS = `
     SELECT possible.position FROM possible
     LEFT JOIN new_key ON new_key.principal_id = possible.owner_id AND new_key.key = possible.key
     WHERE possible.key IS NULL OR new_key.key IS NOT NULL ORDER BY possible.position`;

/**
 * Write the links of a batch, each with its key, limit and event, or nothing of it. They answer what became of each, but
 * no rows where no link has a key or an alias: then all are created.
 *
 * What is taken when the statement begins is told apart; what is taken while it runs breaks a unique index, and the
 * batch is written again one by one. Keys are as in `http/idempotency.ts`: under the same lock, in the same table.
 */
export const WRITE_LINKS: readonly WriteLinks[] = Array.from({ length: 8 }, (_, index) => {
  const parts = { keys: (index & 1) > 0, aliases: (index & 2) > 0, limits: (index & 4) > 0 };
  const names = Object.entries(parts).flatMap(([name, present]) => (present ? [`_${name}`] : []));
  return writeStatement<LinkColumns, LinkWriteRow>(`links_write${names.join('')}`, writeLinksText(parts));
});

export interface StoredLinkAnswerRow {
  readonly fingerprint: Buffer;
  readonly status: number;
  readonly body: string | null;
}

/** The answer under a key; none while it is unused. */
export const getStoredLinkAnswer = readStatement<[principalId: Id, key: string], StoredLinkAnswerRow>(
  'links_get_stored_answer',
  'SELECT fingerprint, status, body FROM idempotency_keys WHERE principal_id = $1 AND key = $2',
);
