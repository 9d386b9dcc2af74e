/**
 * What Redis does with the drivers of a shard, each script at once.
 *
 * A driver has a line of 60 bytes in a hash, by 8 bytes of id. It is the truth about them:
 *
 *     12 traits     kind (u32: types and state), rating (f64; NaN: none)
 *     24 position   when, latitude, longitude (f64 each); when is 0: nowhere yet
 *     24 marks      8 bytes for each grid: the cell and the stretch of time (u32 each) in which the driver was entered last
 *
 * Each ten minutes have a hash of their own, which expires whole; who is heard of comes along into the next. A cell in a stretch of time is
 * a string, to which whoever comes into it is appended, with their kind (12 bytes), and which expires whole, too: it says at whose
 * lines to look. Nothing is ever taken out of it, so whoever stays in a cell costs one write of their line.
 */
import { redisScript } from '../redis/redis-script.ts';

export const ID_BYTES = 8;
export const TRAITS_BYTES = 12;
export const POSITION_BYTES = 24;
export const MARK_BYTES = 8;
export const GRIDS = 3;
/** What a search is answered for each driver. */
export const FOUND_BYTES = ID_BYTES + TRAITS_BYTES + POSITION_BYTES;

const SHARD_LUA = `
local prefix, turn = KEYS[1], tonumber(ARGV[1])
local call, sub, number = redis.call, string.sub, struct.unpack
local NOUGHTS = string.rep('\\0', 48)

local function hashOf(n) return prefix .. 'drivers:' .. string.format('%d', n) end
local current = hashOf(turn)

-- Adds the lines of those who have one there, by id, to \`lines\`; answers the others. A call takes some thousands of arguments at most.
local function getLines(hash, ids, lines)
  local missing = {}
  for first = 0, #ids - 1, 1000 do
    local some = call('HMGET', hash, unpack(ids, first + 1, math.min(first + 1000, #ids)))
    for n = 1, #some do
      local id = ids[first + n]
      if some[n] then lines[id] = some[n] else missing[#missing + 1] = id end
    end
  end
  return missing
end

-- The lines of the drivers, by id, and those who are not in the current hash. Clocks of those who ask differ, so the next one may be
-- there already.
local function find(ids)
  local lines = {}
  local absent = getLines(current, ids, lines)
  local missing = absent
  for n = turn - 1, turn + 1, 2 do
    if #missing > 0 then missing = getLines(hashOf(n), missing, lines) end
  end
  return lines, absent
end

local function idsIn(records, size)
  local ids = {}
  for at = 1, #records, size do ids[#ids + 1] = sub(records, at, at + 7) end
  return ids
end
`;

const CHANGE_LUA = `${SHARD_LUA}
local life, cellLife = ARGV[2], ARGV[3]
local words, written, lines, absent = {}, {}, nil, nil

local function put(id, line)
  lines[id], written[id], words[#words + 1], words[#words + 2] = line, true, id, line
end

-- All that was put, into the current hash; those who were absent there are nowhere else any more.
local function write()
  if #words == 0 then return end
  local isNew = call('EXISTS', current) == 0
  for first = 1, #words, 2000 do call('HSET', current, unpack(words, first, math.min(first + 1999, #words))) end
  if isNew then call('PEXPIRE', current, life) end
  for _, id in ipairs(absent) do
    if written[id] then
      for n = turn - 1, turn + 1, 2 do call('HDEL', hashOf(n), id) end
    end
  end
end

local function enter(grid, mark, id, kind)
  local key = prefix .. 'cell:' .. grid .. ':' .. mark
  if call('APPEND', key, id .. kind) == 12 then call('PEXPIRE', key, cellLife) end
end
`;

/** ARGV: turn of the hashes, milliseconds of life of these and of cells, records of id, position and marks. Answers how many were left out. */
export const moveDrivers = redisScript(`${CHANGE_LUA}
local moves, left = ARGV[4], 0
lines, absent = find(idsIn(moves, 56))
for at = 1, #moves, 56 do
  local id = sub(moves, at, at + 7)
  local line = lines[id]
  if not line or number('<d', line, 13) >= number('<d', moves, at + 8) then
    left = left + 1
  else
    if sub(line, 37) ~= sub(moves, at + 32, at + 55) then
      for grid = 0, 2 do
        local mark = sub(moves, at + 32 + grid * 8, at + 39 + grid * 8)
        if mark ~= sub(line, 37 + grid * 8, 44 + grid * 8) then enter(grid, mark, id, sub(line, 1, 4)) end
      end
    end
    put(id, sub(line, 1, 12) .. sub(moves, at + 8, at + 55))
  end
end
write()
return left
`);

/** ARGV: as of moves; the records are of id and traits. Whoever is of another kind is entered anew where they were entered last. */
export const describeDrivers = redisScript(`${CHANGE_LUA}
local drivers = ARGV[4]
lines, absent = find(idsIn(drivers, 20))
for at = 1, #drivers, 20 do
  local id, traits = sub(drivers, at, at + 7), sub(drivers, at + 8, at + 19)
  local rest = lines[id] and sub(lines[id], 13) or NOUGHTS
  local kind = sub(traits, 1, 4)
  if rest ~= NOUGHTS and kind ~= sub(lines[id], 1, 4) then
    for grid = 0, 2 do enter(grid, sub(rest, 25 + grid * 8, 32 + grid * 8), id, kind) end
  end
  put(id, traits .. rest)
end
write()
`);

/** ARGV: turn of the hashes, ids. */
export const forgetDrivers = redisScript(`${SHARD_LUA}
for _, id in ipairs(idsIn(ARGV[2], 8)) do
  for n = turn - 1, turn + 1 do call('HDEL', hashOf(n), id) end
end
`);

/**
 * ARGV: turn of the hashes, wanted states and types (bits), grid, marks. Answers id, traits and position of all who have come into these
 * cells as one of a kind that is wanted, wherever and whatever they are now.
 */
export const findDrivers = redisScript(`${SHARD_LUA}
local states, types, grid, marks = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], ARGV[5]
local kinds, ids, known, found = {}, {}, {}, {}

local function isWanted(kind)
  if kinds[kind] == nil then
    local bits = number('<I4', kind)
    local state, offered = bit.band(bits, 31), bit.rshift(bits, 5)
    kinds[kind] = bit.band(bit.rshift(states, state), 1) ~= 0 and bit.band(offered, types) ~= 0
  end
  return kinds[kind]
end

local function gather(cell)
  for at = 1, #cell, 12 do
    local id = sub(cell, at, at + 7)
    if not known[id] and isWanted(sub(cell, at + 8, at + 11)) then known[id], ids[#ids + 1] = true, id end
  end
end

local keys, start = {}, prefix .. 'cell:' .. grid .. ':'
for at = 1, #marks, 8 do keys[#keys + 1] = start .. sub(marks, at, at + 7) end
for first = 1, #keys, 1000 do
  for _, cell in ipairs(call('MGET', unpack(keys, first, math.min(first + 999, #keys)))) do
    if cell then gather(cell) end
  end
end
local lines = find(ids)
for _, id in ipairs(ids) do
  if lines[id] then found[#found + 1] = id .. sub(lines[id], 1, 36) end
end
return table.concat(found)
`);
