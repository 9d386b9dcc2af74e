/**
 * Pictures. P13: one whose upload was acknowledged is cut in the end, and its files are there.
 *
 * | f                | key          | ok with                                                  |
 * |------------------|--------------|----------------------------------------------------------|
 * | `upload-picture` | the user's id| `{ media_id }`                                           |
 * | `read-picture`   | its id       | `{ status, bytes }`, once all is quiet; `bytes` of a file of it, 0: it is not there |
 */
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { type CheckReport, createAnomalyCollector } from './check-report.ts';
import { type HistoryEvent, parseValue } from './history-event.ts';
import { pairOperations } from './history-operations.ts';

const UPLOADED = Compile(Type.Object({ media_id: Type.String() }));
const READ = Compile(Type.Object({ status: Type.String(), bytes: Type.Integer() }));

export function checkPictures(events: readonly HistoryEvent[]): CheckReport {
  const done = pairOperations(events).filter(({ outcome }) => outcome === 'ok');
  const uploads = done.filter(({ invoke }) => invoke.f === 'upload-picture');
  const reads = new Map(
    done
      .filter(({ invoke }) => invoke.f === 'read-picture')
      .map(({ invoke, completion }) => [invoke.key, completion]),
  );
  const anomalies = createAnomalyCollector();
  let unread = 0;
  for (const { completion } of uploads) {
    if (completion === undefined) continue;
    const { media_id: mediaId } = parseValue(UPLOADED, completion);
    const read = reads.get(mediaId);
    if (read === undefined) unread += 1;
    else {
      const { status, bytes } = parseValue(READ, read);
      if (status !== 'ready')
        anomalies.add('P13', 'never-cut', `${mediaId} is ${status}`, [completion, read]);
      else if (bytes === 0)
        anomalies.add('P13', 'missing-blob', `a file of ${mediaId} is not there`, [completion, read]);
    }
  }
  const reasons = [
    ...(uploads.length === 0 ? ['No upload was acknowledged.'] : []),
    ...(unread > 0 ? [`${unread} pictures have no final read.`] : []),
  ];
  return {
    verdict: anomalies.kept.length > 0 ? 'invalid' : reasons.length > 0 ? 'unknown' : 'valid',
    reasons,
    counts: { uploads: uploads.length, reads: reads.size },
    anomalyCounts: anomalies.counts,
    anomalies: anomalies.kept,
    staleness: undefined,
  };
}
