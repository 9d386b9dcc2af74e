import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { settle } from '../../../test/support/simulated-live.ts';
import { createLog } from '../../telemetry/log.ts';
import type { LiveConnection } from './connection.ts';
import { COMMENT, PING_FRAME } from './frame.ts';
import { createHeartbeat, PING_EVERY_MS } from './heartbeat.ts';

const TURNS = PING_EVERY_MS / 1_000;

function fakeConnection(transport: LiveConnection['transport'], sessionId = 1) {
  const seen: string[] = [];
  const state = { waiting: false, held: false };
  const connection = {
    transport,
    sessionId,
    closed: false,
    get held() {
      return state.held;
    },
    write: (bytes: Buffer) =>
      void seen.push(bytes === PING_FRAME ? 'ping' : bytes === COMMENT ? 'comment' : String(bytes).trim()),
    send: ({ event }: { readonly event: string }) => void seen.push(event),
    isWaiting: () => state.waiting,
    end: (reason: string) => void seen.push(`end ${reason}`),
    destroy: () => void seen.push('destroyed'),
    // What a heartbeat needs of a connection.
  } as unknown as LiveConnection;
  return { connection, seen, state };
}

function setting(ended: ReadonlySet<number> = new Set()) {
  const state = { position: 'a' };
  const heartbeat = createHeartbeat({
    positionText: () => state.position,
    endedSessions: async () => ended,
    log: createLog({ level: 'silent', pretty: false }),
  });
  const round = (): void => {
    for (let turn = 0; turn < TURNS; turn += 1) heartbeat.beat();
  };
  return { heartbeat, state, round };
}

describe('createHeartbeat', () => {
  it('pings each WebSocket once in 30 s, and ends those that did not answer', () => {
    const { heartbeat, round } = setting();
    const [alive, dead] = [fakeConnection('websocket'), fakeConnection('websocket')];
    for (const { connection } of [alive, dead]) heartbeat.add(connection);
    round();
    heartbeat.heard(alive.connection);
    round();
    assert.deepEqual(alive.seen, ['ping', 'position', 'ping']);
    assert.deepEqual(dead.seen, ['ping', 'position', 'end unresponsive', 'destroyed']);
    heartbeat.close();
  });

  it('sends a stream something every 15 s, and ends those that take nothing', () => {
    const { heartbeat, round } = setting();
    const [alive, dead] = [fakeConnection('event_stream'), fakeConnection('event_stream')];
    for (const { connection } of [alive, dead]) heartbeat.add(connection);
    dead.state.waiting = true;
    round();
    round();
    assert.deepEqual(alive.seen.toSorted(), ['comment', 'comment', 'comment', 'id: a']);
    assert(dead.seen.includes('end unresponsive'));
    heartbeat.close();
  });

  it('tells where all is up to, when that has changed, but nobody who is still behind', () => {
    const { heartbeat, state, round } = setting();
    const { connection, seen, state: its } = fakeConnection('websocket');
    heartbeat.add(connection);
    its.held = true;
    round();
    heartbeat.heard(connection);
    assert.deepEqual(seen, ['ping']);
    its.held = false;
    for (const position of ['b', 'b', 'c']) {
      state.position = position;
      round();
      heartbeat.heard(connection);
    }
    assert.deepEqual(seen, ['ping', 'ping', 'position', 'ping', 'ping', 'position']);
    heartbeat.close();
  });

  it('ends connections whose sessions have ended, of which nobody has told', async () => {
    const { heartbeat, round } = setting(new Set([2]));
    const [good, ended] = [fakeConnection('websocket', 1), fakeConnection('websocket', 2)];
    for (const { connection } of [good, ended]) heartbeat.add(connection);
    round();
    await settle();
    assert.equal(good.seen.includes('end session_ended'), false);
    assert.equal(ended.seen.includes('end session_ended'), true);
    heartbeat.close();
  });

  it('leaves alone whoever has gone', () => {
    const { heartbeat, round } = setting();
    const { connection, seen } = fakeConnection('websocket');
    heartbeat.add(connection);
    heartbeat.remove(connection);
    heartbeat.remove(connection);
    heartbeat.heard(connection);
    round();
    assert.deepEqual(seen, []);
  });
});
