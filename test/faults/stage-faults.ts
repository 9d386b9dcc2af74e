/** What can break of stage 5 as `groundswell up` starts it: each of its processes is killed in turn, and then all of them. */
import type { ServerRole } from '../failover/patroni-cluster.ts';
import { type Component, type Fault, faultOf } from './fault-list.ts';
import type { FaultStack } from './fault-stack.ts';
import { EVERYTHING, type StageStack, UP } from './stage-stack.ts';

const killed = (name: string, title: string, rest: Partial<Component> = {}): Component => ({
  ...{ name, title, members: [name], actions: ['kill'] },
  ...rest,
});

const COMPONENTS: readonly Component[] = [
  ...[1, 2].map((n) =>
    killed(`api-${n}`, `api process ${n} of two`, { takesClicks: true, actions: ['kill', 'freeze'] }),
  ),
  ...[1, 2].map((n) => killed(`worker-${n}`, `worker ${n} of two`)),
  ...[1, 2].map((n) => killed(`dispatch-${n}`, `dispatcher ${n} of two`, { rides: true })),
  server('primary', 'primary', ['kill', 'freeze']),
  server('standby', 'synchronous standby', ['kill', 'freeze']),
  server('replica', 'replica', ['kill', 'freeze']),
  killed('etcd', 'etcd', { actions: ['kill', 'freeze'] }),
  ...[1, 2, 3].map((n) => killed(`redis-${n}`, `primary ${n} of three of the Redis Cluster`)),
  killed('kafka', 'Kafka'),
  killed('haproxy', 'HAProxy'),
  killed(UP, '`up` itself', { actions: ['orphan'], takesClicks: true }),
  killed(EVERYTHING, 'everything at once', { actions: ['orphan'], takesClicks: true }),
];

function server(name: string, role: ServerRole, actions: Component['actions']): Component {
  return {
    ...{ name: `postgres-${name}`, title: `PostgreSQL, the ${role},`, actions },
    // Only this stack is run with these faults.
    members: async (stack: FaultStack) => [await (stack as StageStack).serverWith(role)],
  };
}

export const STAGE_5_FAULTS: readonly Fault[] = COMPONENTS.flatMap((component) =>
  component.actions.map((action) => faultOf(component, action)),
);
