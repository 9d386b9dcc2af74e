import { Command } from 'commander';
import { systemClock } from '../core/clock.ts';
import { AppError, invalidField } from '../core/errors.ts';
import { type Id, isIdText } from '../core/ids.ts';
import { type Explanation, explain } from '../systems/feed/home/explanation-text.ts';
import type { ServingFacts } from '../systems/feed/home/serving-facts.ts';
import {
  createTimelineExplanation,
  type ExplanationFacts,
} from '../systems/feed/home/timeline-explanation.ts';
import { type SettingOptions, withDatabaseOptions } from './config-options.ts';
import { withExamples } from './examples.ts';
import { checksOf, findReader } from './feeds-subjects.ts';
import { interruptedOr, interruptionSignal } from './interruption.ts';
import { printJson } from './listing.ts';
import { type OpenProduct, withExistingProduct } from './open-product.ts';

interface ExplainOptions extends SettingOptions {
  readonly json?: true;
}

interface Explained {
  readonly facts: ExplanationFacts;
  readonly serving: ServingFacts | undefined;
  readonly explanation: Explanation;
}

export function explainCommand(): Command {
  const command = withDatabaseOptions(new Command('explain'))
    .summary('say why a post is in a home timeline or not')
    .description(
      "Say why a post is in a user's home timeline or not, and whether the running server shows it now.",
    )
    .argument('<user>', 'username or user id')
    .argument('<post>', 'id of the post, or of one repost of it (entry_id)')
    .option('--json', 'for programs')
    .action(explainPost);
  return withExamples(
    command,
    'groundswell feeds explain alice 1540000000000000',
    'groundswell feeds explain alice 1540000000000000 --json',
  );
}

async function explainPost(user: string, post: string, options: ExplainOptions): Promise<void> {
  const postId = parsePost(post);
  const signal = interruptionSignal();
  const explained = await withExistingProduct(options, 'groundswell feeds', (opened) =>
    explainIn(opened, user, postId, signal),
  ).catch((error: unknown) => {
    throw interruptedOr(error, signal, 'Nothing was changed.');
  });
  if (options.json) printJson(present(explained));
  else {
    const { sentences, verdict } = explained.explanation;
    console.log([...sentences, '', verdict].join('\n'));
  }
}

async function explainIn(
  opened: OpenProduct,
  user: string,
  postId: Id,
  signal: AbortSignal,
): Promise<Explained> {
  const { ports, product } = opened;
  const { users } = product.accounts;
  const reader = await findReader(opened, 'USER', user);
  const explanations = createTimelineExplanation({
    ...ports,
    clock: systemClock,
    getUsers: users.getUsers,
    countsOf: product.feed.countsOf,
  });
  const facts = await explanations.gather(reader.userId, postId);
  if (facts === undefined) throw unknownPost(postId);
  const entries = facts.entries.map(({ entryId, sourceId }) => ({ entryId, sourceId }));
  const serving = await checksOf(opened).ask(
    { kind: 'describe', readerId: reader.userId, entries },
    { signal },
  );
  const names = await users.getUsernames([reader.userId, ...facts.standings.keys()]);
  const nameOf = (userId: Id): string => names.get(userId) ?? `user ${userId}`;
  return { facts, serving, explanation: explain(facts, serving, nameOf) };
}

function parsePost(text: string): Id {
  if (isIdText(text)) return Number(text);
  throw invalidField('POST', 'must be the post_id or entry_id that the API shows: 16 digits.');
}

function unknownPost(postId: Id): AppError {
  return new AppError(
    'not_found',
    `POST: there is no post or repost ${postId}. Take the post_id or entry_id that the API shows; a repost that was ` +
      'taken back leaves nothing, a deleted post a trace for 30 days.',
  );
}

function present({ facts, serving, explanation }: Explained): object {
  const { readerId, askedId, post, entries, fanOut } = facts;
  const { isShown, isServed, sentences, verdict } = explanation;
  return {
    user_id: String(readerId),
    asked_id: String(askedId),
    post_id: String(post.postId),
    author_id: String(post.authorId),
    visibility: post.visibility,
    deleted_at: post.deletedAt?.toISOString() ?? null,
    shown: isShown,
    served: isServed ?? null,
    entries: entries.map((entry) => {
      const served = serving?.entries.find(({ entryId }) => entryId === entry.entryId);
      const source = facts.sources.get(entry.sourceId);
      return {
        entry_id: String(entry.entryId),
        source_id: String(entry.sourceId),
        shown: entry.shown,
        verdict: entry.verdict,
        earlier_entry_id: entry.earlierId === null ? null : String(entry.earlierId),
        follower_count: source?.followerCount ?? 0,
        mode: source?.mode ?? 'pushed',
        served: served === undefined ? null : served.place !== null,
        in_cached_timeline: served?.inTimeline ?? null,
      };
    }),
    cached_timeline:
      serving?.timeline === undefined
        ? null
        : { entries: serving.timeline.entryCount, floor: String(serving.timeline.floor) },
    fan_out: fanOut,
    sentences,
    verdict,
  };
}
