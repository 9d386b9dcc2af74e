/**
 * Short links. P12: a code belongs to one link, leads to its target, and is there from its acknowledgement on. P7: every
 * click is counted once, but for those that a killed process may not have published yet.
 *
 * | f              | key           | invoked with | ok with                |
 * |----------------|---------------|--------------|------------------------|
 * | `create-link`  | the owner's id| `{ url }`    | `{ link_id, code }`    |
 * | `open-link`    | the code      | null         | `{ target }`, null: there is no such link |
 * | `count-clicks` | the code      | null         | `{ clicks }`, once all is quiet |
 *
 * Targets are the clients' own marks: each is used for one link only, or for the retries of one.
 */
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { type AnomalyCollector, type CheckReport, createAnomalyCollector } from './check-report.ts';
import { type HistoryEvent, parseValue } from './history-event.ts';
import { groupOperations, type HistoryOperation, pairOperations } from './history-operations.ts';

const Link = Type.Object({ link_id: Type.String(), code: Type.String() });
const CREATE = Compile(Type.Object({ url: Type.String() }));
const CREATED = Compile(Link);
const OPENED = Compile(Type.Object({ target: Type.Union([Type.String(), Type.Null()]) }));
const COUNTED = Compile(Type.Object({ clicks: Type.Integer() }));

export interface LinkCheckOptions {
  /** When processes were killed that may have kept clicks in memory, by the recorder's clock. */
  readonly killedAtNs?: readonly number[];
  /** What was opened so long before may not be counted. */
  readonly uncountedMs?: number;
}

interface KnownLink extends Static<typeof Link> {
  readonly url: string;
  readonly created: HistoryOperation;
}

export function checkLinks(events: readonly HistoryEvent[], options: LinkCheckOptions = {}): CheckReport {
  const operations = pairOperations(events);
  const of = (f: string) => operations.filter(({ invoke }) => invoke.f === f);
  const anomalies = createAnomalyCollector();
  const links = createdLinks(of('create-link'), anomalies);
  const openings = groupOperations(of('open-link'), ({ key }) => key ?? '');
  for (const link of links.values()) checkOpenings(link, openings.get(link.code) ?? [], anomalies);
  const counted = checkCounts(of('count-clicks'), openings, options, anomalies);
  const uncounted = [...links.keys()].filter((code) => !counted.has(code)).length;
  const reasons = [
    ...(links.size === 0 ? ['No link was made.'] : []),
    ...(uncounted > 0 ? [`The clicks of ${uncounted} links were not counted at the end.`] : []),
  ];
  return {
    verdict: anomalies.kept.length > 0 ? 'invalid' : reasons.length > 0 ? 'unknown' : 'valid',
    reasons,
    counts: { links: links.size, openings: of('open-link').length, counts: counted.size },
    anomalyCounts: anomalies.counts,
    anomalies: anomalies.kept,
    staleness: undefined,
  };
}

/** By code. */
function createdLinks(
  creations: readonly HistoryOperation[],
  anomalies: AnomalyCollector,
): Map<string, KnownLink> {
  const links = new Map<string, KnownLink>();
  for (const created of creations) {
    if (created.outcome !== 'ok' || created.completion === undefined) continue;
    const link = {
      ...parseValue(CREATED, created.completion),
      ...parseValue(CREATE, created.invoke),
      created,
    };
    const before = links.get(link.code);
    if (before === undefined) links.set(link.code, link);
    else if (before.link_id !== link.link_id) {
      const message = `${link.code} was given to ${before.link_id} and to ${link.link_id}`;
      anomalies.add('P12', 'code-dup', message, [before.created.completion, created.completion]);
    }
  }
  return links;
}

function checkOpenings(
  link: KnownLink,
  openings: readonly HistoryOperation[],
  anomalies: AnomalyCollector,
): void {
  const acknowledged = link.created.completion;
  for (const { invoke, outcome, completion } of openings) {
    if (outcome !== 'ok' || completion === undefined) continue;
    const { target } = parseValue(OPENED, completion);
    if (target === link.url) continue;
    if (target !== null) {
      anomalies.add('P12', 'retargeted', `${link.code} led to ${target}`, [acknowledged, completion]);
    } else if (acknowledged !== undefined && acknowledged.i < invoke.i) {
      anomalies.add('P12', '404-after-ack', `${link.code} was made, and then not there`, [
        acknowledged,
        completion,
      ]);
    }
  }
}

/** The codes whose clicks were counted at the end. */
function checkCounts(
  counts: readonly HistoryOperation[],
  openings: ReadonlyMap<string, readonly HistoryOperation[]>,
  options: LinkCheckOptions,
  anomalies: AnomalyCollector,
): Set<string> {
  const counted = new Set<string>();
  for (const { invoke, outcome, completion } of counts) {
    if (outcome !== 'ok' || completion === undefined) continue;
    const code = invoke.key ?? '';
    counted.add(code);
    const { clicks } = parseValue(COUNTED, completion);
    const of = openings.get(code) ?? [];
    const least = of.filter((opening) => mustCount(opening, options)).length;
    const most = of.filter(mayCount).length;
    if (clicks < least)
      anomalies.add('P7', 'under', `${code}: ${clicks} of ${least} clicks are counted`, [completion]);
    if (clicks > most)
      anomalies.add('P7', 'over', `${code}: ${clicks} clicks are counted, ${most} were made`, [completion]);
  }
  return counted;
}

function mustCount(
  opening: HistoryOperation,
  { killedAtNs = [], uncountedMs = 0 }: LinkCheckOptions,
): boolean {
  const { outcome, completion } = opening;
  if (outcome !== 'ok' || completion === undefined || !mayCount(opening)) return false;
  const { t_ns } = completion;
  return !killedAtNs.some((killedNs) => t_ns > killedNs - uncountedMs * 1e6 && t_ns <= killedNs + 1e9);
}

function mayCount({ outcome, completion }: HistoryOperation): boolean {
  if (outcome === 'fail') return false;
  return outcome === 'info' || completion === undefined || parseValue(OPENED, completion).target !== null;
}
