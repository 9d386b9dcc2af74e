/**
 * A simulated post service and its clients, for testing the checker of histories: one seed gives one run, with
 * time-outs, crashes, restarts and retries. Without a fault its history keeps every promise; each fault plants one
 * defect that a real service could have.
 */

import { seededFraction } from '../../src/core/clock.ts';
import type { HistoryEvent } from '../../src/history/history-event.ts';

export type PostFault =
  | 'none'
  | 'drop-acknowledged'
  | 'acknowledge-before-commit'
  | 'forget-keys'
  | 'forget-keys-at-crash'
  | 'apply-refused'
  | 'new-reply-to-retry'
  | 'accept-other-body'
  | 'refuse-replay'
  | 'invent'
  | 'garble'
  | 'lagging-primary'
  | 'hide-from-author-list'
  | 'drop-seen';

export interface SimulationOptions {
  readonly seed: number;
  readonly fault: PostFault;
  readonly posts?: number;
}

interface StoredPost {
  readonly postId: string;
  readonly authorId: string;
  readonly text: string;
  durable: boolean;
}

type Write = {
  readonly kind: 'ok' | 'refused' | 'lost';
  readonly post?: StoredPost;
  readonly reply?: string;
};

const AUTHORS = ['alice', 'bob', 'carol'];
const POSTS = 40;

/** The history of one run: concurrent posts with keys, reads, crashes, retries of everything, final reads. */
export function simulatePosts({ seed, fault, posts = POSTS }: SimulationOptions): HistoryEvent[] {
  const fraction = seededFraction(seed);
  const chance = (probability: number) => fraction() < probability;
  const pick = <Item>(items: readonly Item[]): Item | undefined =>
    items[Math.floor(fraction() * items.length)];
  const history = createHistory(fraction);
  const service = createService(fault, chance);
  const intended = Array.from({ length: posts }, (_, number) => ({
    text: `text ${number}`,
    idem: chance(0.9) ? `key ${number}` : null,
    authorId: AUTHORS[number % AUTHORS.length] ?? 'alice',
  }));
  type Intended = (typeof intended)[number];

  /** Some clients at once: all invoked, then all served in another order, then all answered in a third. */
  function wave(batch: readonly Intended[], retry: boolean): void {
    const open = batch.map((post) => ({
      post,
      end: history.invokeCreate(post),
      write: undefined as Write | undefined,
    }));
    const lossy = retry ? 0 : 0.15;
    for (const call of shuffled(open)) {
      if (!chance(lossy)) call.write = service.create(call.post);
    }
    if (!retry && chance(0.3)) {
      history.mark('kill');
      service.crash();
    }
    for (const { end, write } of shuffled(open)) {
      if (write === undefined || write.kind === 'lost' || (!retry && chance(0.2)))
        end('info', { error: 'timeout' });
      else if (write.kind === 'refused') end('fail', { status: 422 });
      else end('ok', { post_id: write.post?.postId, reply: write.reply });
    }
  }

  function shuffled<Item>(items: readonly Item[]): Item[] {
    return items
      .map((item) => ({ item, at: fraction() }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item);
  }

  function readAuthor(authorId: string, final: boolean): void {
    const end = history.invokeRead('author', authorId, final);
    end('ok', { posts: service.list(authorId, final), complete: true });
  }

  for (let at = 0; at < intended.length; at += 5) {
    const batch = intended.slice(at, at + 5);
    wave(chance(0.3) && batch[0]?.idem ? [...batch, batch[0]] : batch, false);
    readAuthor(pick(AUTHORS) ?? 'alice', false);
    if (chance(0.3)) service.expireKeys();
  }
  service.crash();
  for (const post of shuffled(intended.filter(({ idem }) => idem !== null))) wave([post], true);
  const [first] = intended.filter(({ idem }) => idem !== null);
  if (first !== undefined) wave([{ ...first, text: 'another body' }], true);
  for (const authorId of AUTHORS) readAuthor(authorId, true);
  for (const postId of history.acknowledgedIds()) {
    const end = history.invokeRead('post', postId, true);
    end('ok', { posts: service.get(postId), complete: true });
  }
  return history.events;
}

function createService(fault: PostFault, chance: (probability: number) => boolean) {
  let stored: StoredPost[] = [];
  let keys = new Map<string, { post: StoredPost; reply: string; text: string }>();
  let nextId = 1;
  const seen = new Set<string>();

  function store(authorId: string, text: string, durable: boolean): StoredPost {
    const post = { postId: String(1e15 + nextId), authorId, text, durable };
    nextId += 1;
    stored.push(post);
    return post;
  }

  return {
    create({ text, idem, authorId }: { text: string; idem: string | null; authorId: string }): Write {
      const known = idem === null ? undefined : keys.get(idem);
      if (known !== undefined) {
        if (known.text !== text && fault !== 'accept-other-body') return { kind: 'refused' };
        if (known.text !== text) return ok(store(authorId, text, true));
        if (fault === 'refuse-replay' && chance(0.3)) return { kind: 'refused' };
        const other = fault === 'new-reply-to-retry' && chance(0.3);
        return { kind: 'ok', post: known.post, reply: other ? `${known.reply} again` : known.reply };
      }
      if (idem === null && chance(0.3)) {
        if (fault === 'apply-refused') store(authorId, text, true);
        return { kind: 'refused' };
      }
      const durable = !(fault === 'acknowledge-before-commit' && chance(0.2));
      const post = store(authorId, text, durable);
      const answer = ok(post);
      const forgets = fault === 'forget-keys' && chance(0.2);
      if (idem !== null && !forgets) keys.set(idem, { post, reply: answer.reply, text });
      if (fault === 'drop-acknowledged' && chance(0.1)) stored = stored.filter((other) => other !== post);
      return answer;
    },
    crash() {
      const lost = new Set(stored.filter((post) => !post.durable));
      stored = stored.filter((post) => !lost.has(post));
      if (fault === 'forget-keys-at-crash') keys = new Map();
    },
    /** Keys that live too short a time. */
    expireKeys() {
      if (fault === 'forget-keys') keys = new Map();
    },
    list(authorId: string, final: boolean) {
      if (fault === 'drop-seen' && final)
        stored = stored.filter(({ postId }) => !(seen.has(postId) && chance(0.2)));
      let posts = stored.filter((post) => post.authorId === authorId);
      if (fault === 'lagging-primary' && !final && chance(0.5)) posts = posts.slice(0, posts.length / 2);
      if (fault === 'hide-from-author-list' && final) posts = posts.filter(() => chance(0.9));
      for (const { postId } of posts) seen.add(postId);
      return posts.map((post) => present(post, fault, chance)).concat(invented(fault, chance));
    },
    get: (postId: string) =>
      stored.filter((post) => post.postId === postId).map((post) => present(post, fault, chance)),
  };
}

function ok(post: StoredPost) {
  return { kind: 'ok', post, reply: `reply ${post.postId}` } as const;
}

function present({ postId, text }: StoredPost, fault: PostFault, chance: (probability: number) => boolean) {
  return { post_id: postId, text: fault === 'garble' && chance(0.05) ? text.slice(1) : text };
}

function invented(fault: PostFault, chance: (probability: number) => boolean) {
  return fault === 'invent' && chance(0.3) ? [{ post_id: '1', text: 'nobody wrote this' }] : [];
}

type End = (type: 'ok' | 'fail' | 'info', value: unknown) => void;

function createHistory(fraction: () => number) {
  const events: HistoryEvent[] = [];
  const acknowledged = new Set<string>();
  let t_ns = 0;
  let nextProcess = 0;
  const empty = { node: 'primary', stage: null, epoch: null, session: null };

  function add(event: Omit<HistoryEvent, 'i' | 't_ns' | keyof typeof empty>): void {
    t_ns += Math.ceil(fraction() * 1e6);
    events.push({ i: events.length, t_ns, ...empty, ...event });
  }

  function invoke(f: string, key: string, value: unknown, idem: string | null): End {
    const process = nextProcess;
    nextProcess += 1;
    add({ process, type: 'invoke', f, key, value, idem });
    return (type, answer) => add({ process, type, f, key, value: answer, idem });
  }

  return {
    events,
    acknowledgedIds: () => [...acknowledged],
    mark: (f: string) => add({ process: 'nemesis', type: 'info', f, key: null, value: null, idem: null }),
    invokeCreate({ text, idem, authorId }: { text: string; idem: string | null; authorId: string }): End {
      const end = invoke('create-post', authorId, { text }, idem);
      return (type, value) => {
        if (type === 'ok') acknowledged.add((value as { post_id: string }).post_id); // From `wave` above.
        end(type, value);
      };
    },
    invokeRead: (view: string, key: string, final: boolean) =>
      invoke('read-posts', key, { view, final }, null),
  };
}
