/** A script that Redis runs: whatever it does happens at once, and nothing else meanwhile. */
import { createHash } from 'node:crypto';

export interface RedisScript {
  readonly lua: string;
  /** By which a server knows a script that it has run before. */
  readonly digest: string;
}

export function redisScript(lua: string): RedisScript {
  return { lua, digest: createHash('sha1').update(lua).digest('hex') };
}

/**
 * Lua: by whom the history of this server's data is written, 12 characters. A server that restarts, or becomes the primary
 * in another's place, writes a history of its own: of what the last one wrote it may lack the end.
 */
export const HISTORY_LUA = `
local function history()
  local id = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x%x%x%x%x%x%x%x%x%x%x%x)')
  return id or error({ err = 'ERR this server does not name its history: it is no Redis 4 or later' })
end
`;
