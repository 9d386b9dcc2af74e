/** An explanation in plain sentences, in the order in which one asks. */
import { type Id, idTimeMs } from '../../../core/ids.ts';
import type { ServedEntry, ServingFacts } from './serving-facts.ts';
import type { ExplainedEntry, ExplanationFacts, Verdict } from './timeline-explanation.ts';
import type { StandingRow } from './timeline-explanation-queries.ts';

export interface Explanation {
  /** By the rules: the entry asked about, or any entry of the post. */
  readonly isShown: boolean;
  /** What the server would answer now; `undefined`: none with cached timelines is running. */
  readonly isServed: boolean | undefined;
  readonly sentences: readonly string[];
  readonly verdict: string;
}

export type NameOf = (userId: Id) => string;

export function explain(
  facts: ExplanationFacts,
  serving: ServingFacts | undefined,
  nameOf: NameOf,
): Explanation {
  // Asked about a repost, another entry of the post is no answer.
  const { askedId, post, entries } = facts;
  const meant = entries.filter(({ entryId }) => askedId === post.postId || entryId === askedId);
  const shown = meant.filter((entry) => entry.shown);
  const served = meant.filter(({ entryId }) => isServed(servedEntry(serving, entryId)));
  const text = { facts, nameOf };
  return {
    isShown: shown.length > 0,
    isServed: serving && served.length > 0,
    sentences: [
      ...postSentences(text),
      ...authorSentences(text),
      ...repostSentences(text),
      ...entries.map((entry) => entrySentence(text, entry)),
      ...deliverySentences(text),
      ...servingSentences(text, serving),
    ],
    verdict: verdictOf(text, { meant, shown, served, serving }),
  };
}

interface Text {
  readonly facts: ExplanationFacts;
  readonly nameOf: NameOf;
}

function postSentences({ facts: { post, askedId, entries }, nameOf }: Text): string[] {
  const { postId, authorId, visibility, deletedAt } = post;
  const asked = entries.find(({ entryId }) => entryId === askedId);
  const sentences = [`Post ${postId} was written by ${nameOf(authorId)} on ${timeOf(postId)}.`];
  if (askedId !== postId && asked !== undefined) {
    sentences.unshift(`${askedId} is the repost of post ${postId} by ${nameOf(asked.sourceId)}.`);
  }
  if (deletedAt !== null) sentences.push(`It was deleted on ${formatTime(deletedAt)}, so nobody sees it.`);
  else if (visibility === 'direct') sentences.push('It is direct, and home timelines show no direct posts.');
  else sentences.push(VISIBILITIES[visibility]);
  return sentences;
}

const VISIBILITIES = {
  public: 'It is public.',
  unlisted: 'It is unlisted, which makes no difference to home timelines.',
  followers: 'It is for followers of its author, who alone see it in their home timelines.',
} as const;

function authorSentences({ facts: { readerId, post, standings }, nameOf }: Text): string[] {
  const { authorId } = post;
  const standing = standings.get(authorId);
  const [reader, author] = [nameOf(readerId), nameOf(authorId)];
  const gone = standing?.state ? [`${author} is ${stateOf(standing)}: nobody sees what they wrote.`] : [];
  if (authorId === readerId) return [...gone, `It is ${reader}'s own.`];
  return [...gone, followSentence(reader, author, standing), ...partings(reader, author, standing)];
}

function followSentence(reader: string, author: string, standing: StandingRow | undefined): string {
  const { follow_id: followId = null, request_id: requestId = null } = standing ?? {};
  if (followId !== null) return `${reader} follows ${author} since ${timeOf(followId)}.`;
  if (requestId === null) return `${reader} does not follow ${author}.`;
  return `${reader} does not follow ${author}, but asked to on ${timeOf(requestId)} and waits for an answer.`;
}

/** Mutes, and blocks either way. */
function partings(reader: string, user: string, standing: StandingRow | undefined): string[] {
  const { mute_id, block_id, blocked_by_id } = standing ?? {};
  const sentences: string[] = [];
  if (mute_id) sentences.push(`${reader} has muted ${user} since ${timeOf(mute_id)}.`);
  if (block_id) sentences.push(`${reader} has blocked ${user} since ${timeOf(block_id)}.`);
  if (blocked_by_id) sentences.push(`${user} has blocked ${reader} since ${timeOf(blocked_by_id)}.`);
  return sentences;
}

function repostSentences({ facts: { readerId, post, entries, standings }, nameOf }: Text): string[] {
  const reader = nameOf(readerId);
  const reposts = entries.filter(({ entryId }) => entryId !== post.postId);
  if (reposts.length === 0) return [`Neither ${reader} nor anybody whom ${reader} follows has reposted it.`];
  return reposts.flatMap(({ entryId, sourceId }) => {
    const user = nameOf(sourceId);
    const standing = standings.get(sourceId);
    const isFollowed = sourceId === readerId || standing?.follow_id != null;
    const who = isFollowed ? user : `${user}, whom ${reader} does not follow,`;
    const gone = standing?.state ? [`${user} is ${stateOf(standing)}.`] : [];
    return [
      `${who} reposted it on ${timeOf(entryId)}: entry ${entryId}.`,
      ...gone,
      ...(sourceId === post.authorId ? [] : partings(reader, user, standing)),
    ];
  });
}

function entrySentence(text: Text, entry: ExplainedEntry): string {
  const { entryId, verdict } = entry;
  const what = entryId === text.facts.post.postId ? 'The post itself' : `Entry ${entryId}`;
  return verdict === 'shown'
    ? `${what} belongs into the timeline.`
    : `${what} does not show in it: ${reasonOf(text, entry)}.`;
}

function reasonOf({ facts: { readerId, post, standings }, nameOf }: Text, entry: ExplainedEntry): string {
  const [reader, author, source] = [nameOf(readerId), nameOf(post.authorId), nameOf(entry.sourceId)];
  const isFollowed = standings.get(entry.sourceId)?.follow_id != null;
  const reasons: Readonly<Record<Exclude<Verdict, 'shown'>, string>> = {
    deleted: 'the post is deleted',
    direct: 'the post is direct',
    author_gone: `${author} is suspended or deleted`,
    source_gone: `${source} is suspended or deleted`,
    not_followed: `${reader} does not follow ${source}`,
    source_muted: `${reader} has muted ${source}`,
    source_parted: `a block parts ${reader} and ${source}${isFollowed ? '' : ', and no follow outlasts a block'}`,
    author_muted: `${reader} has muted ${author}`,
    author_parted: `a block parts ${reader} and ${author}`,
    repeats: `${entry.earlierId === null ? 'another entry' : `entry ${entry.earlierId}`} shows the post within the 24 hours before`,
    disagreement: entry.shown
      ? 'so say the rules in code, but SQL shows it, which is a defect of Groundswell'
      : 'so says SQL, but the rules in code show it, which is a defect of Groundswell',
  };
  return entry.verdict === 'shown' ? '' : reasons[entry.verdict];
}

function deliverySentences({ facts: { entries, sources, fanOut }, nameOf }: Text): string[] {
  const sourceIds = [...new Set(entries.filter(({ shown }) => shown).map(({ sourceId }) => sourceId))];
  if (sourceIds.length === 0) return [];
  const sentences = sourceIds.flatMap((sourceId) => {
    const { followerCount, mode, continuedIds } = sources.get(sourceId) ?? NO_DELIVERY;
    const how =
      mode === 'pulled'
        ? 'is pulled: readers merge the entries when they read'
        : 'is pushed: the fan-out puts the entries into the cached timelines of followers';
    const followers = `${followerCount.toLocaleString('en')} follower${followerCount === 1 ? '' : 's'}`;
    const waiting = entries
      .filter(({ entryId }) => continuedIds.includes(entryId))
      .map(({ entryId }) => `Entry ${entryId} is still on its way to them, page by page.`);
    return [`${nameOf(sourceId)} has ${followers} and ${how}.`, ...waiting];
  });
  const { waiting, retrying, dead } = fanOut;
  if (waiting + retrying === 0) sentences.push('The fan-out has handled every event.');
  else
    sentences.push(`The fan-out has ${waiting + retrying} events still to handle; this may be one of them.`);
  if (dead > 0) sentences.push(`It gave up on ${dead}: see groundswell events dead-letters --group fan-out.`);
  return sentences;
}

const NO_DELIVERY = { followerCount: 0, mode: 'pushed', continuedIds: [] } as const;

function servingSentences(
  { facts: { readerId, entries }, nameOf }: Text,
  serving: ServingFacts | undefined,
): string[] {
  const reader = nameOf(readerId);
  if (serving === undefined) {
    return ['No server with cached timelines is running for this database: this is what SQL says alone.'];
  }
  const { timeline, settled } = serving;
  const unsettled = settled ? [] : [`${reader} has just written something: until it is heard, SQL answers.`];
  if (timeline === undefined) {
    return [...unsettled, `${reader} had no cached timeline: it is built when it is read.`];
  }
  const { entryCount, floor } = timeline;
  const reach =
    floor === 0 ? 'and nothing is older' : `and SQL answers for what is older than ${timeOf(floor)}`;
  return [
    ...unsettled,
    `${reader} has a cached timeline: ${entryCount} entries, ${reach}.`,
    ...entries
      .filter(({ shown }) => shown)
      .map(({ entryId }) => cacheSentence(entryId, floor, servedEntry(serving, entryId))),
  ];
}

function cacheSentence(entryId: Id, floor: Id, served: ServedEntry | undefined): string {
  if (served?.inTimeline) return `Entry ${entryId} is in it.`;
  if (entryId <= floor) return `Entry ${entryId} is older than that.`;
  if (served?.pulled) return `Entry ${entryId} is not in it, and has not to be: it is pulled.`;
  if (served?.knowsSource === false)
    return `Entry ${entryId} is not in it: the server has not heard of the follow.`;
  return `Entry ${entryId} is not in it, although it should be.`;
}

interface Found {
  readonly meant: readonly ExplainedEntry[];
  readonly shown: readonly ExplainedEntry[];
  readonly served: readonly ExplainedEntry[];
  readonly serving: ServingFacts | undefined;
}

function verdictOf(text: Text, { meant, shown, served, serving }: Found): string {
  const { readerId, askedId, post } = text.facts;
  const timeline = `${text.nameOf(readerId)}'s home timeline`;
  const what = askedId === post.postId ? 'It' : 'This repost';
  const [last] = meant.slice(-1);
  const [shownLast] = shown.slice(-1);
  if (shownLast === undefined) {
    const reason = last === undefined ? 'nobody brings it there' : reasonOf(text, meant[0] ?? last);
    const verdict = `${what} is not in ${timeline}: ${reason}.`;
    return served.length > 0 ? `${verdict} But the server shows it now, which is wrong.` : verdict;
  }
  const verdict = `${what} is in ${timeline}, as entry ${shownLast.entryId}.`;
  if (serving === undefined) return verdict;
  const lacking = shown.filter(({ entryId }) => !isServed(servedEntry(serving, entryId)));
  if (lacking.length > 0) return `${verdict} But the server does not show it now, which is wrong.`;
  const place = servedEntry(serving, shownLast.entryId)?.place ?? 0;
  return place === 0
    ? `${verdict} The server shows it.`
    : `${verdict} The server shows it, number ${place} from the top.`;
}

function servedEntry(serving: ServingFacts | undefined, entryId: Id): ServedEntry | undefined {
  return serving?.entries.find((entry) => entry.entryId === entryId);
}

function isServed(served: ServedEntry | undefined): boolean {
  return served !== undefined && served.place !== null;
}

function stateOf({ state }: StandingRow): string {
  return state === 'suspended' ? 'suspended' : 'deleted';
}

function timeOf(id: Id): string {
  return formatTime(new Date(idTimeMs(id)));
}

/** `2026-07-30 14:05 UTC`. */
function formatTime(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
