/**
 * What happens in the demo once its server answers, behind the back of whoever looks at it: at the first start people write, post photos
 * and open links; at every start some write on, and a town drives. All of it uses the API, as people do.
 */
import type { Clock, Randomness } from '../core/clock.ts';
import type { Id } from '../core/ids.ts';
import type { Ports } from '../ports/open-ports.ts';
import type { SeededUser } from '../seed/seeded-content.ts';
import { createRideCalls } from '../simulator/ride-calls.ts';
import { createServers } from '../simulator/servers.ts';
import { signIn } from '../simulator/town-people.ts';
import { carsOf } from '../simulator/town-roads.ts';
import type { ClickRecorder } from '../systems/links/clicks/click-recorder.ts';
import type { Log } from '../telemetry/log.ts';
import { openedLinks } from './demo-links.ts';
import { takePhotos } from './demo-photos.ts';
import { awaitTrends, goOnTalking, type Speaker, talk } from './demo-talk.ts';
import { liveInTown } from './demo-town.ts';

export interface DemoLifeDeps {
  readonly ports: Pick<Ports, 'sql'>;
  readonly clicks: ClickRecorder;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
}

export interface DemoLifeOptions {
  /** Of the server. */
  readonly url: string;
  readonly visitor: { readonly userId: Id; readonly username: string };
  /** Whether the visitor's account has just been made. */
  readonly isFirst: boolean;
  /** Whom the visitor follows, and others. */
  readonly people: readonly SeededUser[];
  /** Whether there are rides where the demo's town is. */
  readonly hasTown: boolean;
  /** Where roads are by which cars go; `undefined`: they go straight. */
  readonly roadsFolder: string | undefined;
}

export interface DemoLife {
  close(): Promise<void>;
}

export function startDemoLife(deps: DemoLifeDeps, options: DemoLifeOptions): DemoLife {
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = live(deps, options, signal).catch((error: unknown) => {
    // Nothing of the product depends on it.
    if (!signal.aborted) deps.log.warn({ err: error }, 'the demo shows less than it could');
  });
  return {
    async close() {
      stopping.abort();
      await running;
    },
  };
}

async function live(deps: DemoLifeDeps, options: DemoLifeOptions, signal: AbortSignal): Promise<void> {
  const { ports, clock, randomness, clicks } = deps;
  const { sql } = ports;
  const { url, visitor, isFirst, people, hasTown, roadsFolder } = options;
  const runId = `demo${randomness.bytes(4).toString('hex')}`;
  const servers = createServers([url]);
  const calls = createRideCalls({ servers, clock, recorder: undefined, signal, runId });
  const sessions = await signIn(
    { sql, clock, randomness },
    people.map(({ userId }) => userId),
  );
  const speakers: Speaker[] = people.flatMap((user, number) => {
    const session = sessions[number];
    return session === undefined ? [] : [{ ...session, user }];
  });
  const cars = await carsOf(roadsFolder);
  const talking = { calls, sql, clock, signal };
  try {
    if (isFirst) {
      await openedLinks({ sql, clicks, nowMs: clock.nowMs() }, visitor.userId);
      await talk(talking, speakers, { ...visitor, userId: String(visitor.userId) });
    }
    await Promise.all([
      ...(isFirst ? [awaitTrends(talking), takePhotos({ url, calls, clock, signal }, speakers)] : []),
      ...(hasTown ? [liveInTown({ calls, sql, clock, randomness, signal, cars })] : []),
      goOnTalking(talking, speakers),
    ]);
  } finally {
    servers.close();
  }
}
