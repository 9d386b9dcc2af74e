/** Clients whose connections are cut at random while people write, and what each has been told in the end. */
import { seededFraction, systemClock } from '../../src/core/clock.ts';
import type { JourneyClient, Json, Person } from './journey-client.ts';
import { type LiveClient, type OpenLiveClient, TRANSPORTS } from './live-client.ts';
import { until } from './until.ts';

export interface CutsOptions {
  /** Of the servers that clients and writers use; some may be away for a while. */
  readonly urls: () => readonly string[];
  readonly client: JourneyClient;
  readonly durationMs: number;
  readonly seed: number;
}

export interface CutsReport {
  readonly written: number;
  readonly cuts: number;
  readonly gaps: number;
  readonly told: number;
  /** What is wrong, in words. */
  readonly complaints: readonly string[];
}

const READERS = 12;
const AUTHORS = 4;
const WRITE_PAUSE_MS = 15;
/** A connection lives between no time at all and this. */
const LIFE_MS_MAX = 1_500;
const RETRY_MS = 50;
const ARRIVED_WITHIN_MS = 30_000;

export async function runCuts({ urls, client, durationMs, seed }: CutsOptions): Promise<CutsReport> {
  const fraction = seededFraction(seed);
  const complaints: string[] = [];
  const authors = await signUpMany(client, 'author', AUTHORS);
  const readers = await signUpMany(client, 'reader', READERS);
  for (const reader of readers)
    for (const author of authors) await reader.put(`/users/${author.userId}/follow`);
  const untilMs = systemClock.monotonicMs() + durationMs;
  const isOver = (): boolean => systemClock.monotonicMs() > untilMs;
  const written = new Set<string>();
  /** Writes that got no answer: they may be told, or not. */
  const unsure = new Set<string>();

  async function write(author: Person): Promise<void> {
    for (let count = 0; !isOver(); count += 1) {
      const text = `${author.username} ${count}`;
      try {
        const answer = await author.call('POST', '/posts', { body: { text } });
        if (answer.status === 201) written.add(answer.body.post_id);
        else unsure.add(text);
      } catch {
        unsure.add(text);
      }
      await systemClock.sleep(WRITE_PAUSE_MS);
    }
  }

  const ledgers = readers.map((reader, index) => {
    const [, open] = TRANSPORTS[index % TRANSPORTS.length] ?? TRANSPORTS[0] ?? [];
    if (open === undefined) throw new Error('there is no transport');
    return createLedger(reader, open, { urls, fraction });
  });
  // Each knows from where on it must be told everything.
  for (const ledger of ledgers) await ledger.begin();
  await Promise.all([...authors.map(write), ...ledgers.map((ledger) => ledger.suffer(isOver))]);
  for (const ledger of ledgers) complaints.push(...(await ledger.finish(written)));
  const sum = (value: (ledger: (typeof ledgers)[number]) => number) =>
    ledgers.reduce((total, ledger) => total + value(ledger), 0);
  return {
    written: written.size,
    cuts: sum((ledger) => ledger.cuts()),
    gaps: sum((ledger) => ledger.gaps()),
    told: sum((ledger) => ledger.told()),
    complaints,
  };
}

/** One reader's client, and what it has been told over all its connections. */
function createLedger(
  reader: Person,
  open: OpenLiveClient,
  { urls, fraction }: { readonly urls: () => readonly string[]; readonly fraction: () => number },
) {
  const told = new Map<string, number>();
  const reread = new Set<string>();
  let lastId: string | undefined;
  let [cuts, gaps] = [0, 0];

  async function connect(): Promise<LiveClient> {
    for (;;) {
      const all = urls();
      const url = all[Math.floor(fraction() * all.length)] ?? '';
      try {
        return await open({ url, token: reader.token, since: lastId });
      } catch {
        await systemClock.sleep(RETRY_MS);
      }
    }
  }

  async function take(connection: LiveClient): Promise<void> {
    lastId = connection.lastId() ?? lastId;
    for (const { event, data } of connection.events) {
      if (event === 'post') told.set(data.entry_id, (told.get(data.entry_id) ?? 0) + 1);
      if (event !== 'gap') continue;
      gaps += 1;
      for (const id of await readAll(reader)) reread.add(id);
    }
  }

  return {
    cuts: () => cuts,
    gaps: () => gaps,
    told: () => told.size,

    async begin(): Promise<void> {
      const connection = await connect();
      await connection.next('ready');
      connection.cut();
      await take(connection);
    },

    async suffer(isOver: () => boolean): Promise<void> {
      while (!isOver()) {
        const connection = await connect();
        await systemClock.sleep(fraction() ** 2 * LIFE_MS_MAX);
        connection.cut();
        cuts += 1;
        await take(connection);
      }
    },

    async finish(written: ReadonlySet<string>): Promise<string[]> {
      const connection = await connect();
      const isThere = (id: string): boolean =>
        told.has(id) || reread.has(id) || connection.events.some(({ data }) => data.entry_id === id);
      await until(() => [...written].every(isThere), ARRIVED_WITHIN_MS).catch(() => undefined);
      connection.cut();
      await take(connection);
      const missing = [...written].filter((id) => !told.has(id) && !reread.has(id));
      const doubled = [...told].filter(([id, times]) => times > 1 && !reread.has(id));
      return [
        ...missing.map((id) => `${reader.username} was never told of ${id}`),
        ...doubled.map(([id, times]) => `${reader.username} was told of ${id} ${times} times`),
      ];
    },
  };
}

/** What a client does that has missed something: reads what it shows again, all of it here. */
async function readAll(reader: Person): Promise<string[]> {
  const ids: string[] = [];
  let token: string | null = '';
  while (token !== null) {
    const page: Json = await reader.get(`/feed?limit=100&page_token=${token}`);
    ids.push(...page.items.map(({ entry_id: entryId }: Json) => entryId));
    token = page.next_page_token;
  }
  return ids;
}

async function signUpMany(client: JourneyClient, name: string, count: number): Promise<Person[]> {
  const people: Person[] = [];
  for (let number = 0; number < count; number += 1) people.push(await client.signUp(name));
  return people;
}
