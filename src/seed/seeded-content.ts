/**
 * What seeded people are called and say. All of it follows from their names alone, so that loading the same graph
 * again makes the same people and posts, and changes nothing.
 */
import { createHash } from 'node:crypto';
import { composeId, FIRST_BULK_WRITER, IDS_PER_MS_PER_WRITER, type Id, WRITERS_MAX } from '../core/ids.ts';

export interface SeededUser {
  readonly userId: Id;
  readonly username: string;
  readonly displayName: string;
  readonly bio: string;
}

export interface SeededPost {
  readonly postId: Id;
  readonly authorId: Id;
  readonly text: string;
}

const DAY_MS = 86_400_000;
/** Seeded people joined in 2023 and 2024 and wrote since. Fixed, so that it is the same at every run. */
const JOINED_FROM_MS = Date.UTC(2023, 0, 1);
const JOINED_DAYS = 730;
const WRITTEN_FROM_MS = Date.UTC(2025, 0, 1);
const WRITTEN_DAYS = 600;
const WRITTEN_UNTIL_MS = WRITTEN_FROM_MS + WRITTEN_DAYS * DAY_MS;

/** The person that a graph calls `label`. Names that the product would not allow are made allowable. */
export function seededUser(label: string, prefix: string): SeededUser {
  const username = `${prefix}${label.replace(/[^A-Za-z0-9_]/g, '_')}`.slice(0, 30);
  const random = randomOf(`user ${username.toLowerCase()}`);
  const displayName = `${random.pick(FIRST_NAMES)} ${random.pick(LAST_NAMES)}`;
  const userId = seededId(random, JOINED_FROM_MS, JOINED_DAYS);
  return { userId, username, displayName, bio: `${random.pick(TRADES)}. ${random.pick(LIKINGS)}` };
}

/** The person's `index`-th post, written within 600 days before `untilMs`, by default a fixed day. */
export function seededPost(
  { userId, username }: SeededUser,
  index: number,
  untilMs = WRITTEN_UNTIL_MS,
): SeededPost {
  const random = randomOf(`post ${username.toLowerCase()} ${index}`);
  const topic = random.pick(TOPICS);
  const sentence = random.pick(SENTENCES).replace('{}', random.pick(topic.things));
  const text = random.next(3) === 0 ? `${sentence} #${topic.tag}` : sentence;
  const fromMs = untilMs - WRITTEN_DAYS * DAY_MS;
  return { postId: seededId(random, fromMs, WRITTEN_DAYS), authorId: userId, text };
}

/** What the person says of what everybody speaks of: `topics` of the six, by their tags. */
export function seededTalk({ username }: SeededUser, topics: number): string {
  const random = randomOf(`talk ${username.toLowerCase()}`);
  const topic = random.pick(TOPICS.slice(0, topics));
  return `${random.pick(SENTENCES).replace('{}', random.pick(topic.things))} #${topic.tag}`;
}

/** When one began to follow the other. */
export function seededFollowId(follower: SeededUser, followee: SeededUser): Id {
  return seededId(randomOf(`follow ${follower.userId} ${followee.userId}`), WRITTEN_FROM_MS, WRITTEN_DAYS);
}

interface SeededRandom {
  /** A whole number from 0 to `below` - 1. */
  next(below: number): number;
  pick<Item>(items: readonly Item[]): Item;
}

/** Sixteen numbers that follow from the text: more than any of the above needs. */
function randomOf(text: string): SeededRandom {
  const digest = createHash('sha512').update(text).digest();
  let offset = 0;
  const next = (below: number): number => {
    const value = digest.readUInt32LE(offset % 64);
    offset += 4;
    return value % below;
  };
  return {
    next,
    pick(items) {
      const item = items[next(items.length)];
      if (item === undefined) throw new RangeError('nothing to pick from');
      return item;
    },
  };
}

/** An id of the writers kept for bulk loads. Two of them are the same about once in 10^13 pairs. */
function seededId(random: SeededRandom, fromMs: number, days: number): Id {
  const timeMs = fromMs + random.next(days) * DAY_MS + random.next(DAY_MS);
  const writer = FIRST_BULK_WRITER + random.next(WRITERS_MAX - FIRST_BULK_WRITER);
  return composeId(timeMs, writer, random.next(IDS_PER_MS_PER_WRITER));
}

const FIRST_NAMES = (
  'Ada Amara Amir Ana Anders Aisha Bela Carmen Chen Dalia Diego Elif Emeka Esther Farah Felix Grace Hana Hugo Imani Ines Ivan Jade ' +
  'Jonas Kai Karim Keiko Lars Leila Linh Lucia Malik Maya Mei Mila Nadia Nils Noor Olga Omar Priya Quinn Rafael Rosa Samir Sara ' +
  'Tariq Tomas Uma Vera Viktor Wanda Yara Yusuf Zainab Zoe'
).split(' ');

const LAST_NAMES = (
  'Abara Almeida Andersen Bauer Becker Castillo Chandra Costa Dahl Demir Diallo Eriksen Ferreira Fischer Garcia Haddad Hansen ' +
  'Ibrahim Ito Jansen Kaya Khan Kim Kowalski Larsen Lee Lopez Mbeki Mendes Meyer Moreau Nakamura Nguyen Novak Okafor Olsen Park ' +
  'Petrov Ramos Reyes Rossi Sato Schmidt Silva Singh Tanaka Torres Vargas Weber Yilmaz Zhang'
).split(' ');

const TRADES = [
  'Baker',
  'Bus driver',
  'Cartographer',
  'Carpenter',
  'Gardener',
  'Librarian',
  'Nurse',
  'Photographer',
  'Shepherd',
  'Teacher',
  'Translator',
  'Welder',
];

const LIKINGS = [
  'Mostly here for the dogs.',
  'Slow trains, strong tea.',
  'Reads the manual first.',
  'Collects rainy days.',
  'Learning the accordion, sorry.',
  'Maps, moss and mountains.',
];

const TOPICS = [
  { tag: 'trains', things: ['the night train to Vienna', 'the new tram line', 'a cancelled connection'] },
  { tag: 'bread', things: ['a rye sourdough', 'the third batch of rolls', 'my grandmother’s flatbread'] },
  {
    tag: 'birds',
    things: ['a kingfisher by the canal', 'the swifts above our roof', 'an owl in the car park'],
  },
  { tag: 'books', things: ['a history of lighthouses', 'that long Russian novel', 'poems about weather'] },
  { tag: 'garden', things: ['the first tomatoes', 'a hedge that won’t stop', 'an apple tree from a seed'] },
  { tag: 'music', things: ['an album without any drums', 'the choir next door', 'a cello on the bus'] },
];

const SENTENCES = [
  'Nobody told me that {} would make my week.',
  'Spent the whole morning with {} and regret nothing.',
  'Today: {}. Tomorrow: more of the same, with luck.',
  'If you ever get the chance, do not miss {}.',
  'Strong opinions about {}, loosely held.',
  'Has anyone else noticed {} lately?',
  'I was promised rain and got {} instead.',
  'Small joys: {}.',
];
