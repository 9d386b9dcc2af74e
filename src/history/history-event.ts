/**
 * A history: everything that clients of a running system asked and were answered, one JSON object a line, written
 * by one recorder. Checkers read it afterwards.
 */

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { AppError } from '../core/errors.ts';

const orNull = <Schema extends Parameters<typeof Type.Union>[0][number]>(schema: Schema) =>
  Type.Union([schema, Type.Null()]);

export const HistoryEventSchema = Type.Object({
  /** Counts up over the whole history. */
  i: Type.Integer({ minimum: 0 }),
  /** Nanoseconds by the recorder's monotonic clock. */
  t_ns: Type.Integer({ minimum: 0 }),
  /** A client that does one operation at a time; `nemesis` is whoever breaks or moves things. */
  process: Type.Union([Type.Integer({ minimum: 0 }), Type.Literal('nemesis')]),
  /**
   * `ok`: done and acknowledged. `fail`: certainly not done. `info`: may have been done, or may be at any later
   * time (time-out, reset, 5xx); the process is not used again. Of the nemesis every event is an `info`.
   */
  type: Type.Union([Type.Literal('invoke'), Type.Literal('ok'), Type.Literal('fail'), Type.Literal('info')]),
  /** What was done: `create-post`, `read-posts`, `kill`, … */
  f: Type.String({ minLength: 1 }),
  /** Of what. */
  key: orNull(Type.String()),
  value: Type.Unknown(),
  /** The server that was asked. */
  node: orNull(Type.String()),
  /** The stage of growth and its epoch at that time. */
  stage: orNull(Type.String()),
  epoch: orNull(Type.Integer()),
  session: orNull(Type.String()),
  /** The Idempotency-Key, unique over all sessions of a history. */
  idem: orNull(Type.String()),
});

export type HistoryEvent = Static<typeof HistoryEventSchema>;

const eventValidator = Compile(HistoryEventSchema);

/** What a checker holds in memory at most. */
export const HISTORY_EVENTS_MAX = 1_000_000;

export function parseHistoryLine(line: string): HistoryEvent | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return eventValidator.Check(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * All events of a file, in order. A last line that a crash of the recorder has cut is left out; any other line
 * that is not an event fails with `invalid`, and so does a history of over a million events.
 */
export async function readHistory(path: string): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  let lineNumber = 0;
  let brokenLine: number | undefined;
  for await (const line of createInterface({ input: createReadStream(path) })) {
    lineNumber += 1;
    if (brokenLine !== undefined) throw new AppError('invalid', `${path}:${brokenLine} is not an event.`);
    const event = parseHistoryLine(line);
    if (event === undefined) brokenLine = lineNumber;
    else events.push(event);
    if (events.length > HISTORY_EVENTS_MAX) {
      throw new AppError('invalid', `${path} has over ${HISTORY_EVENTS_MAX} events. Check a shorter run.`);
    }
  }
  return events;
}

/** The value of an event as its kind of operation has it. Fails with `invalid` if it is another. */
export function parseValue<Value>(
  validator: { Check(value: unknown): value is Value },
  event: HistoryEvent,
): Value {
  const { value } = event;
  if (validator.Check(value)) return value;
  throw new AppError('invalid', `Event ${event.i} (${event.f}, ${event.type}) has an unknown kind of value.`);
}
