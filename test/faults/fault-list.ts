/** What can break. A further component of the stack needs a line in `COMPONENTS`, no more. */
import type { FaultStack } from './fault-stack.ts';
import {
  type Breakage,
  clocksMoved,
  cutOff,
  diskFilled,
  frozen,
  killed,
  orphaned,
  slowed,
} from './nemesis.ts';

/** What the stack must have been started with. */
export type FaultNeed = 'namespaces' | 'small-disk' | 'clock-library';

export interface Fault {
  /** `redis-cut`. */
  readonly name: string;
  /** For the table. */
  readonly title: string;
  readonly needs: readonly FaultNeed[];
  /** How long it lasts. */
  readonly holdMs: number;
  /** Whoever supervises the stack mends it, so what it costs counts from its beginning. */
  readonly healsItself: boolean;
  readonly rides: boolean;
  /** Whether processes are killed that may have kept clicks in memory. */
  readonly losesClicks: boolean;
  inject(stack: FaultStack): Promise<Breakage> | Breakage;
}

type Action = 'kill' | 'freeze' | 'cut' | 'slow' | 'orphan';

export interface Component {
  /** In the names of faults. */
  readonly name: string;
  /** In the table. */
  readonly title: string;
  /** Processes of the stack that fail at the same time; a function: those of now. */
  readonly members: readonly string[] | ((stack: FaultStack) => Promise<readonly string[]>);
  readonly actions: readonly Action[];
  /** `false`: nobody starts it again but its operator, after a while. */
  readonly supervised?: boolean;
  /** Whether a town asks for rides meanwhile. */
  readonly rides?: boolean;
  /** It takes clicks, and publishes them a moment later. */
  readonly takesClicks?: boolean;
}

const COMPONENTS: readonly Component[] = [
  {
    name: 'postgres',
    title: 'PostgreSQL',
    members: ['postgres'],
    actions: ['kill', 'freeze', 'cut', 'slow'],
  },
  { name: 'redis', title: 'Redis', members: ['redis'], actions: ['kill', 'freeze', 'cut', 'slow'] },
  { name: 'kafka', title: 'Kafka', members: ['kafka'], actions: ['kill', 'freeze', 'cut', 'slow'] },
  { name: 's3', title: 'S3', members: ['s3'], actions: ['kill', 'freeze', 'cut'], supervised: false },
  ...[
    { name: 'api', title: 'one api process of two', members: ['api-1'] },
    { name: 'apis', title: 'all api processes', members: ['api-1', 'api-2'] },
  ].map((component) => ({
    ...component,
    actions: (component.name === 'api' ? ['kill', 'freeze', 'cut', 'slow'] : ['kill']) as Action[],
    takesClicks: true,
  })),
  { name: 'worker', title: 'one worker of two', members: ['worker-1'], actions: ['kill', 'freeze', 'slow'] },
  { name: 'workers', title: 'all workers', members: ['worker-1', 'worker-2'], actions: ['kill', 'freeze'] },
  {
    ...{ name: 'dispatch', title: 'the process that dispatches', members: dispatchers, rides: true },
    actions: ['kill', 'freeze'],
  },
  { name: 'balancer', title: 'HAProxy', members: ['haproxy'], actions: ['kill', 'freeze'] },
];

/** Those that lead a city. */
export async function dispatchers(stack: FaultStack): Promise<readonly string[]> {
  const leads = async (name: string): Promise<boolean> => {
    const answer = await fetch(`http://127.0.0.1:${stack.portOf(name)}/metrics`);
    return Number(/^dispatch_cities (\d+)$/m.exec(await answer.text())?.[1]) > 0;
  };
  const names = ['dispatch-1', 'dispatch-2'];
  const leading = await Promise.all(names.map(leads));
  return names.filter((_, index) => leading[index]);
}

/** Long enough for time-outs, breakers and checks to have their say. */
const HOLD_MS = 8_000;
/** A killed process is started again at once, so there is nothing to hold. */
const KILL_HOLD_MS = 1_000;
const SKEW_S = 90;

const ACTIONS: Readonly<
  Record<
    Action,
    { title: string; inject: (stack: FaultStack, member: string) => Promise<Breakage> | Breakage }
  >
> = {
  kill: { title: 'killed (-9)', inject: killed },
  freeze: { title: 'stopped (SIGSTOP) for 8 s', inject: frozen },
  cut: { title: 'cut off for 8 s', inject: cutOff },
  slow: { title: 'a twentieth as fast for 8 s', inject: slowed },
  orphan: { title: 'killed (-9), and started again', inject: orphaned },
};

export const FAULTS: readonly Fault[] = [
  ...COMPONENTS.flatMap((component) => component.actions.map((action) => faultOf(component, action))),
  {
    name: 'disk-full',
    title: 'the disk of PostgreSQL, Kafka and the product full for 8 s',
    needs: ['namespaces', 'small-disk'],
    holdMs: HOLD_MS,
    healsItself: false,
    rides: false,
    losesClicks: false,
    inject: diskFilled,
  },
  ...[SKEW_S, -SKEW_S].map((seconds) => ({
    name: seconds > 0 ? 'clock-ahead' : 'clock-behind',
    title: `the clocks of the product jump ${seconds > 0 ? 'ahead' : 'back'} by 90 s, and return after 8 s`,
    needs: ['clock-library'] as const,
    holdMs: HOLD_MS,
    healsItself: false,
    rides: false,
    losesClicks: false,
    inject: (stack: FaultStack) => clocksMoved(stack, seconds),
  })),
];

export function faultOf(
  { name, title, members, supervised = true, rides = false, takesClicks = false }: Component,
  action: Action,
): Fault {
  const isKill = action === 'kill' || action === 'orphan';
  const isStarted = isKill && supervised;
  return {
    name: `${name}-${action}`,
    title: `${title} ${ACTIONS[action].title}`,
    needs: action === 'cut' ? ['namespaces'] : [],
    holdMs: isStarted ? KILL_HOLD_MS : HOLD_MS,
    healsItself: isStarted,
    rides,
    losesClicks: takesClicks && isKill,
    async inject(stack) {
      const failing = typeof members === 'function' ? await members(stack) : members;
      const breakages = await Promise.all(failing.map((member) => ACTIONS[action].inject(stack, member)));
      return {
        async heal() {
          for (const breakage of breakages) await breakage.heal();
        },
      };
    },
  };
}
