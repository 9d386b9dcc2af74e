/**
 * What Redis does with home timelines, each script at once for the readers of one bucket.
 *
 * A timeline is one string: a head of 61 bytes, then its ids as doubles of 8 bytes, ascending, and room for more. It is a
 * seventh smaller than a list and a thirteenth of a sorted set (decision 22); a new entry is written into its place without
 * the others being touched. Of more than 800 ids the last 800 count; what lies before is cut off later, for 64 at once.
 *
 *     12 history   by whom this was written: of another history it may lack the end, and is as if it were not there
 *      1 state     P claimed by a build, takes nothing; B being built, gathers deliveries; T whole
 *      6 doubles   generation, count of ids, newest id (or the floor), ids for which there is room, floor, sources
 */
import { HISTORY_LUA, redisScript } from '../redis/redis-script.ts';
import { TIMELINE_ENTRIES_MAX } from './timeline-store.ts';

/** So many more come in before they are cut off together. */
const SPARE = 64;
const CAPACITY_MIN = 16;
const GROWTH = 1.5;

const TIMELINE_LUA = `${HISTORY_LUA}
local prefix, HEAD, KEPT = KEYS[1], 61, ${TIMELINE_ENTRIES_MAX}
local CAPACITY_MAX = KEPT + ${SPARE}
local call, sub, pack, unpack = redis.call, string.sub, struct.pack, struct.unpack

local function idAt(ids, n) return (unpack('<d', ids, n * 8 - 7)) end

-- Head and state; nothing if there is no timeline of this history.
local function find(key)
  local head = call('GETRANGE', key, 0, HEAD - 1)
  if #head < HEAD or sub(head, 1, 12) ~= history() then return nil end
  return head, sub(head, 13, 13)
end

-- Ids that count, and the floor below them.
local function idsOf(key, count, floor)
  if count == 0 then return '', floor end
  local ids = call('GETRANGE', key, HEAD, HEAD + count * 8 - 1)
  if count <= KEPT then return ids, floor end
  return sub(ids, (count - KEPT) * 8 + 1), idAt(ids, count - KEPT)
end

-- The newest of the ids, with room to grow, and the life that is given.
local function write(key, state, generation, floor, sources, ids, ...)
  local count = #ids / 8
  if count > KEPT then
    floor = idAt(ids, count - KEPT)
    ids = sub(ids, (count - KEPT) * 8 + 1)
    count = KEPT
  end
  local capacity = ${CAPACITY_MIN}
  while capacity < count + 1 do capacity = math.ceil(capacity * ${GROWTH}) end
  capacity = math.min(capacity, CAPACITY_MAX)
  local newest = count == 0 and floor or idAt(ids, count)
  local head = history() .. state .. pack('<dddddd', generation, count, newest, capacity, floor, sources)
  call('SET', key, head .. ids .. string.rep('\\0', (capacity - count) * 8), ...)
end

-- How many of the ids, which ascend, are below the id.
local function countBelow(ids, id)
  local low, high = 1, #ids / 8 + 1
  while low < high do
    local middle = math.floor((low + high) / 2)
    if idAt(ids, middle) < id then low = middle + 1 else high = middle end
  end
  return low - 1
end

-- Of two ascending lists one, each id once, and how many of the second were not in the first.
local function merge(ids, others)
  if others == '' then return ids, 0 end
  local below = countBelow(ids, idAt(others, 1))
  local n, at, merged, added = #ids / 8, below + 1, { sub(ids, 1, below * 8) }, 0
  for place = 1, #others / 8 do
    local id = idAt(others, place)
    while at <= n and idAt(ids, at) < id do
      merged[#merged + 1] = sub(ids, at * 8 - 7, at * 8)
      at = at + 1
    end
    if at > n or idAt(ids, at) ~= id then
      merged[#merged + 1] = sub(others, place * 8 - 7, place * 8)
      added = added + 1
    end
  end
  merged[#merged + 1] = sub(ids, at * 8 - 7)
  return table.concat(merged), added
end

local function above(ids, floor)
  return sub(ids, countBelow(ids, floor + 1) * 8 + 1)
end
`;

/** ARGV: reader, before, limit, milliseconds of life left below which it is a visit, and those of a visit. */
export const readTimeline = redisScript(`${TIMELINE_LUA}
local key = prefix .. ARGV[1]
local head, state = find(key)
if state ~= 'T' then return false end
local generation, count, newest, _, floor, sources = unpack('<dddddd', head, 14)
local before, limit = tonumber(ARGV[2]), tonumber(ARGV[3])
local first, last = math.max(0, count - KEPT), count
if first > 0 then floor = idAt(call('GETRANGE', key, HEAD + first * 8 - 8, HEAD + first * 8 - 1), 1) end
if before <= newest then last = countBelow(call('GETRANGE', key, HEAD, HEAD + count * 8 - 1), before) end
if call('PTTL', key) < tonumber(ARGV[4]) then call('PEXPIRE', key, ARGV[5]) end
local from, page = math.max(first, last - limit), ''
if last > from then page = call('GETRANGE', key, HEAD + from * 8, HEAD + last * 8 - 1) end
return pack('<ddd', generation, floor, sources) .. page
`);

/** ARGV: reader, token of this build, milliseconds for it. */
export const claimTimeline = redisScript(`${TIMELINE_LUA}
write(prefix .. ARGV[1], 'P', tonumber(ARGV[2]), 0, 0, '', 'PX', ARGV[3])
`);

/** ARGV: reader, token, generation, milliseconds for the build. */
export const openTimeline = redisScript(`${TIMELINE_LUA}
local key = prefix .. ARGV[1]
local head, state = find(key)
if state == 'P' and idAt(sub(head, 14), 1) == tonumber(ARGV[2]) then
  write(key, 'B', tonumber(ARGV[3]), 0, 0, '', 'PX', ARGV[4])
end
`);

/** ARGV: reader, generation, floor, sources, milliseconds of life, ids ascending. Answers 1 if it was kept. */
export const completeTimeline = redisScript(`${TIMELINE_LUA}
local key = prefix .. ARGV[1]
local head, state = find(key)
if state ~= 'B' then return 0 end
local generation, count, _, _, gatheredFloor = unpack('<ddddd', head, 14)
if generation ~= tonumber(ARGV[2]) then return 0 end
local gathered, floor = idsOf(key, count, gatheredFloor)
floor = math.max(floor, tonumber(ARGV[3]))
local ids = merge(above(ARGV[6], floor), above(gathered, floor))
write(key, 'T', generation, floor, tonumber(ARGV[4]), ids, 'PX', ARGV[5])
return 1
`);

/** ARGV: generation, then pairs of ids and of readers with commas. Answers how many entries were added. */
export const deliverEntries = redisScript(`${TIMELINE_LUA}
local upTo, added, TAIL = tonumber(ARGV[1]), 0, 16
local now = history()

-- Among the last ids, as when two entries overtake each other: only these are written. Nothing if it is not so.
local function insertNearEnd(key, count, newest, capacity, ids)
  local n = #ids / 8
  if count < TAIL or count + n > capacity then return nil end
  local from = HEAD + (count - TAIL) * 8
  local tail = call('GETRANGE', key, from, HEAD + count * 8 - 1)
  if idAt(ids, 1) <= idAt(tail, 1) then return nil end
  local merged, new = merge(tail, ids)
  if new > 0 then
    call('SETRANGE', key, from, merged)
    call('SETRANGE', key, 21, pack('<dd', count + new, math.max(newest, idAt(ids, n))))
  end
  return new
end

-- Anywhere, or into one that is full.
local function insert(key, head, ids)
  local generation, count, _, _, lastFloor, sources = unpack('<dddddd', head, 14)
  local kept, floor = idsOf(key, count, lastFloor)
  local merged, new = merge(kept, above(ids, floor))
  if new > 0 then write(key, sub(head, 13, 13), generation, floor, sources, merged, 'KEEPTTL') end
  return new
end

local function isAscending(ids)
  for n = 2, #ids / 8 do if idAt(ids, n) <= idAt(ids, n - 1) then return false end end
  return true
end

local function deliver(ids, readers)
  local n = #ids / 8
  local oldest, last = idAt(ids, 1), idAt(ids, n)
  for reader in string.gmatch(readers, '%d+') do
    local key = prefix .. reader
    local head = call('GETRANGE', key, 0, HEAD - 1)
    if #head == HEAD and sub(head, 1, 12) == now and string.byte(head, 13) ~= 80 then
      local generation, count, newest, capacity = unpack('<dddd', head, 14)
      if generation > upTo then
        -- Its builder has read these entries.
      elseif oldest > newest and count + n <= capacity then
        call('SETRANGE', key, HEAD + count * 8, ids)
        call('SETRANGE', key, 21, pack('<dd', count + n, last))
        added = added + n
      else
        added = added + (insertNearEnd(key, count, newest, capacity, ids) or insert(key, head, ids))
      end
    end
  end
end

for pair = 2, #ARGV, 2 do
  local ids, readers = ARGV[pair], ARGV[pair + 1]
  if isAscending(ids) then
    deliver(ids, readers)
  else
    for n = 1, #ids / 8 do deliver(sub(ids, n * 8 - 7, n * 8), readers) end
  end
end
return added
`);

/** ARGV: readers with commas. */
export const dropTimelines = redisScript(`
for reader in string.gmatch(ARGV[1], '%d+') do redis.call('UNLINK', KEYS[1] .. reader) end
`);

/** ARGV: readers with commas. Answers those of them whose timelines are whole. */
export const wholeTimelines = redisScript(`${TIMELINE_LUA}
local whole = {}
for reader in string.gmatch(ARGV[1], '%d+') do
  local _, state = find(prefix .. reader)
  if state == 'T' then whole[#whole + 1] = reader end
end
return table.concat(whole, ',')
`);

/**
 * The counter, which is the key itself. ARGV: 1 to move it on, or 0; milliseconds of life. After a loss of what was written
 * last it goes on at the server's time in microseconds, which is ahead of all that was ever counted.
 */
export const countGenerations = redisScript(`${HISTORY_LUA}
local now, stored = history(), redis.call('GET', KEYS[1])
local value, changed = 0, false
if stored then value = tonumber(string.sub(stored, 13)) end
if not stored or string.sub(stored, 1, 12) ~= now then
  local time = redis.call('TIME')
  value, changed = math.max(value + 1, time[1] * 1000000 + time[2]), true
end
if ARGV[1] == '1' then value, changed = value + 1, true end
local text = string.format('%.0f', value)
if changed then redis.call('SET', KEYS[1], now .. text, 'PX', ARGV[2]) end
return text
`);
