/** `node redis-ping-process.js URL`: says on standard output whether that Redis lets this process in, or why not. */
import { parseRedisUrl } from '../../src/core/redis-address.ts';
import { openRedisConnection } from '../../src/ports/redis/redis-connection.ts';
import { createLog } from '../../src/telemetry/log.ts';

const address = parseRedisUrl(process.argv[2] ?? '');
if (address === undefined) throw new Error('the URL of a Redis is wanted');
const connection = await openRedisConnection({ address, log: createLog({ level: 'silent', pretty: false }) });
const answer = await connection.ping().then(
  () => 'up',
  (error: unknown) => String(error),
);
console.log(answer);
await connection.close();
