-- Deals out places in time to a batch of sends, all of it or nothing of it at once, by the clock of this server.
-- KEYS[1]: since when this server knows what was dealt out. KEYS[2..]: buckets, each a theoretical arrival time in
-- microseconds (GCRA). ARGV[1]: {horizon, lead, most_owed, buckets: [[interval, burst, owed]], sends: [[bucket, ..]]}.
-- Returns [place or -1, bucket that has none, ..] for the sends and then [wait, ..] for the buckets, from now.
local asked = cjson.decode(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

local function keep(key, value, ...)
  redis.call('SET', key, string.format('%.0f', value), ...)
end

-- A server that was started again may have lost the last seconds, one that was emptied has lost all: both know nothing
-- of what was dealt out before, so every bucket counts as used up then.
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local known_run, known_at = string.match(redis.call('GET', KEYS[1]) or '', '(%w+) (%d+)')
local since = known_run == run and tonumber(known_at) or now
if known_run ~= run then
  redis.call('SET', KEYS[1], run .. ' ' .. string.format('%.0f', now))
end

local stored, arrival = {}, {}
for i, bucket in ipairs(asked.buckets) do
  local interval, burst, owed = bucket[1], bucket[2], bucket[3]
  stored[i] = tonumber(redis.call('GET', KEYS[i + 1]) or 0)
  arrival[i] = math.max(stored[i], since + asked.lead + burst * interval)
  if owed > 0 then -- this worker has sent without us
    arrival[i] = math.max(arrival[i], now + asked.lead + (burst + owed) * interval)
  end
  -- More than that is never dealt out: the clock was turned back.
  arrival[i] = math.min(arrival[i], now + asked.lead + (burst + asked.most_owed) * interval)
end

local function place_in(i)
  return math.max(now, arrival[i] - (asked.buckets[i][2] - 1) * asked.buckets[i][1])
end

local said = {}
for _, wanted in ipairs(asked.sends) do
  local at, empty = now, 0
  for _, i in ipairs(wanted) do
    local place = place_in(i)
    if place > at then at, empty = place, i end
  end
  if at > now + asked.horizon then
    said[#said + 1] = -1
    said[#said + 1] = empty
  else
    for _, i in ipairs(wanted) do
      arrival[i] = math.max(arrival[i], at) + asked.buckets[i][1]
    end
    said[#said + 1] = at - now
    said[#said + 1] = 0
  end
end

for i, bucket in ipairs(asked.buckets) do
  if arrival[i] > now and arrival[i] ~= stored[i] then
    -- Once the time is over the bucket is full, which is what a missing one is too.
    keep(KEYS[i + 1], arrival[i], 'PXAT', math.floor(arrival[i] / 1000) + 1000)
  end
  said[#said + 1] = place_in(i) - now
end
return said
