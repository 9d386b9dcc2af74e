/** Kafka for a topology: one broker that is its own controller, run from the jars of a folder on the Java that is there. */
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { packageRoot } from '../../config/package-info.ts';
import { systemRandomness } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { StartedKafka } from '../../planner/topology-engines.ts';
import { KAFKA_CONTROLLER_PORT } from '../../planner/topology-plan.ts';
import { runProgram } from '../../ports/sql-store/embedded-postgres/program.ts';
import type { ProcessSpec } from '../process-spec.ts';
import { findProgram, installCommand, isExecutable, type MissingProgram } from '../programs.ts';
import { ENGINE_HOST, type EngineDeps, engineEnvironment } from './engine.ts';
import { checkPort } from './port-check.ts';

export interface KafkaEngine {
  readonly spec: ProcessSpec;
  readonly url: string;
}

export interface KafkaDeps extends EngineDeps {
  readonly kafka: StartedKafka;
}

const MAVEN = { debian: 'maven', homebrew: 'maven' };
const CONFIG_FILE = 'server.properties';
/** A Java that runs for a second only: what pays off later is left out. */
const SHORT_LIVED = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx128m'];
const CLUSTER_ID_BYTES = 16;
const STOP_MS = 30_000;
/** After it was killed it reads what it had not closed, which takes longer the more it holds; started anew meanwhile, it would begin again. */
const READY_MS = 600_000;

export function missingKafka({
  kafka,
  environment,
}: Pick<KafkaDeps, 'kafka' | 'environment'>): MissingProgram[] {
  const java = installCommand({ debian: 'openjdk-17-jre-headless', homebrew: 'openjdk@17' });
  return [
    ...(findJava(environment) === undefined ? [{ what: 'java (17 or later, for Kafka)', remedy: java }] : []),
    ...(findJars(kafka, environment) === undefined ? [missingJars(kafka, environment)] : []),
  ];
}

/** No system has a package of them. */
function missingJars({ home }: StartedKafka, environment: EngineDeps['environment']): MissingProgram {
  const named = home ?? environment['KAFKA_HOME'];
  const what = `Kafka's jars${named ? ` in ${named}` : ''}`;
  const copy = `mvn -q -f ${path.join(packageRoot(), 'deploy', 'kafka-jars.xml')} dependency:copy-dependencies`;
  const into = named ? ` -DoutputDirectory=${path.resolve(named)}` : '';
  const maven = findProgram('mvn', environment) === undefined ? `${installCommand(MAVEN)} && ` : '';
  return { what, remedy: `${maven}${copy}${into}` };
}

export async function createKafkaEngine(deps: KafkaDeps): Promise<KafkaEngine> {
  const { planned, kafka, folder, portOf, environment } = deps;
  const port = portOf(planned.name);
  const [java, jars] = [findJava(environment), findJars(kafka, environment)];
  if (java === undefined || jars === undefined) throw new AppError('unavailable', 'Kafka is not installed.');
  const classPath = `${jars}/*`;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(path.join(folder, CONFIG_FILE), configurationOf(deps), { mode: 0o600 });
  await format(folder, java, classPath);
  const spec: ProcessSpec = {
    ...planned,
    port,
    prepare: async () => ({
      ...{ file: java, folder, environment: engineEnvironment(environment), user: undefined },
      args: [`-Xmx${kafka.heapMb}m`, '-cp', classPath, 'kafka.Kafka', CONFIG_FILE],
    }),
    check: () => checkPort(ENGINE_HOST, port),
    figures: undefined,
    readyUrl: undefined,
    stopSignal: 'SIGTERM',
    stopMs: STOP_MS,
    readyMs: READY_MS,
  };
  return { spec, url: `kafka://${ENGINE_HOST}:${port}` };
}

function findJava(environment: EngineDeps['environment']): string | undefined {
  const { JAVA_HOME } = environment;
  const own = JAVA_HOME === undefined ? '' : path.join(JAVA_HOME, 'bin', 'java');
  return isExecutable(own) ? own : findProgram('java', environment);
}

/** The folder that has them: the one that is named, or `libs` in it; where none is, that of deploy/kafka-jars.xml. */
function findJars({ home }: StartedKafka, environment: EngineDeps['environment']): string | undefined {
  const { KAFKA_HOME, HOME = '' } = environment;
  const named = home ?? (KAFKA_HOME || path.join(HOME, '.cache', 'groundswell', 'kafka'));
  return [path.resolve(named, 'libs'), path.resolve(named)].find(
    (folder) => existsSync(folder) && readdirSync(folder).some((file) => /^kafka-server-.*\.jar$/.test(file)),
  );
}

function configurationOf({ planned, portOf }: KafkaDeps): string {
  const controller = `${ENGINE_HOST}:${portOf(`${planned.name} ${KAFKA_CONTROLLER_PORT}`)}`;
  const clients = `${ENGINE_HOST}:${portOf(planned.name)}`;
  const lines = [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@${controller}`,
    'controller.listener.names=CONTROLLER',
    `listeners=PLAINTEXT://${clients},CONTROLLER://${controller}`,
    `advertised.listeners=PLAINTEXT://${clients}`,
    'listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'log.dirs=data',
    // Topics are made by the product, with as many partitions as it needs.
    'auto.create.topics.enable=false',
    // One broker can keep one copy.
    'default.replication.factor=1',
    'offsets.topic.replication.factor=1',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'share.coordinator.state.topic.replication.factor=1',
    'share.coordinator.state.topic.min.isr=1',
    // A consumer that comes or goes is not waited for.
    'group.initial.rebalance.delay.ms=0',
  ];
  return `${lines.join('\n')}\n`;
}

/** Gives the folder its cluster's name, unless it has one. */
async function format(folder: string, java: string, classPath: string): Promise<void> {
  if (existsSync(path.join(folder, 'data', 'meta.properties'))) return;
  const id = systemRandomness.bytes(CLUSTER_ID_BYTES).toString('base64url');
  const tool = [
    'kafka.tools.StorageTool',
    'format',
    `--cluster-id=${id}`,
    '-c',
    CONFIG_FILE,
    '--ignore-formatted',
  ];
  const { exitCode, output } = await runProgram({
    ...{ file: java, args: [...SHORT_LIVED, '-cp', classPath, ...tool], folder, user: undefined },
  });
  if (exitCode === 0) return;
  throw new AppError(
    'unavailable',
    `Kafka's folder ${folder} cannot be prepared: ${output.trim().slice(-500)}`,
  );
}
