-- Sluice's state. PostgreSQL's SQL only (>= 14), the same on the embedded store.
-- Times are milliseconds since the epoch (bigint), given by the caller: statements have no clock.

-- One row: which control plane process owns the store. Each start takes the next epoch; whoever
-- holds an older one is refused by every fenced transaction.
CREATE TABLE control_plane (
  id            integer PRIMARY KEY CHECK (id = 1),
  epoch         bigint NOT NULL,
  started_at_ms bigint NOT NULL
);
INSERT INTO control_plane VALUES (1, 0, 0);

CREATE TABLE api_tokens (
  token_hash    text PRIMARY KEY,
  name          text NOT NULL UNIQUE,
  created_at_ms bigint NOT NULL
);

CREATE TABLE resource_groups (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name          text NOT NULL UNIQUE,
  description   text NOT NULL DEFAULT '',
  -- default: the control plane's own agent; custom: hosts that users bring; exclusive: reserved
  kind          text NOT NULL DEFAULT 'custom' CHECK (kind IN ('default', 'custom', 'exclusive')),
  labels        jsonb NOT NULL DEFAULT '{}',
  paused        boolean NOT NULL DEFAULT false,  -- nothing new is handed out
  mbps_max      integer,               -- of all running jobs together; null: no limit
  channels_max  integer,               -- slices in flight in the group; null: what its agents have
  reserved_jobs   text[] NOT NULL DEFAULT '{}',  -- of an exclusive group: who may run here
  reserved_owners text[] NOT NULL DEFAULT '{}',
  created_at_ms bigint NOT NULL
);

CREATE TABLE enrol_tokens (
  token_hash     text PRIMARY KEY,
  group_id       bigint NOT NULL REFERENCES resource_groups ON DELETE CASCADE,
  created_at_ms  bigint NOT NULL,
  expires_at_ms  bigint NOT NULL,
  created_by     text NOT NULL DEFAULT '',   -- name of the API token
  uses_max       integer NOT NULL DEFAULT 1,
  uses           integer NOT NULL DEFAULT 0,
  expected       jsonb NOT NULL DEFAULT '{}', -- {name, uuid, ip, cpuCount, memoryBytes} as the user typed them
  used_at_ms     bigint              -- first use
);

CREATE TABLE agents (
  id             uuid PRIMARY KEY,
  name           text NOT NULL UNIQUE,
  group_id       bigint NOT NULL REFERENCES resource_groups,
  -- SHA-256 (hex) of the public key (SPKI, DER): only its certificates speak for the agent
  public_key_hash text NOT NULL UNIQUE,
  -- the token that made it: with the same key again it finds the same agent
  enrol_token_hash text NOT NULL DEFAULT '',
  -- enrolled | online | suspect | offline | draining | drained | revoked
  state          text NOT NULL,
  -- of one that drains: what still runs then is given back
  drain_until_ms bigint,
  session_epoch  bigint NOT NULL DEFAULT 0,
  process_id     text NOT NULL DEFAULT '',
  channels       integer NOT NULL DEFAULT 0,
  -- confirmed: what the agent has on its disk for sure. A smaller one in Hello is a copy's.
  generation     bigint NOT NULL DEFAULT 0,
  -- offered in the last Welcome; the agent may or may not have it
  generation_offered bigint NOT NULL DEFAULT 0,
  weight         integer NOT NULL DEFAULT 1 CHECK (weight BETWEEN 0 AND 100),  -- 0: takes no slices
  labels         jsonb NOT NULL DEFAULT '{}',
  notices        jsonb NOT NULL DEFAULT '[]',   -- what the host reports otherwise than it was registered
  certificate_until_ms bigint NOT NULL DEFAULT 0,
  facts          jsonb NOT NULL,
  heartbeat      jsonb,
  heartbeat_at_ms bigint,
  lease_until_ms bigint NOT NULL DEFAULT 0,
  created_at_ms  bigint NOT NULL
);

-- Someone else who says he is this agent: a copy of its directory, or a restored snapshot.
CREATE TABLE agent_copies (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  agent_id       uuid NOT NULL REFERENCES agents ON DELETE CASCADE,
  verdict        text NOT NULL CHECK (verdict IN ('clone', 'snapshot')),
  -- by what the copy is known again: hash of DMI UUID, machine-id and boot-id
  host_hash      text NOT NULL,
  generation     bigint NOT NULL,
  facts          jsonb NOT NULL,
  peer           text NOT NULL,
  first_seen_ms  bigint NOT NULL,
  last_seen_ms   bigint NOT NULL,
  -- null: a person has not decided; new: becomes an agent of its own; same: it is the agent, go on from its generation
  decision       text CHECK (decision IN ('new', 'same')),
  UNIQUE (agent_id, host_hash)
);

-- A minute of an agent in one row, for graphs.
CREATE TABLE agent_samples (
  agent_id       uuid NOT NULL REFERENCES agents ON DELETE CASCADE,
  at_ms          bigint NOT NULL,      -- start of the minute
  beats          integer NOT NULL,
  cpu_percent    real NOT NULL,        -- mean; so are all of these but those named _max
  cpu_percent_max real NOT NULL,
  memory_used_bytes bigint NOT NULL,
  memory_total_bytes bigint NOT NULL,
  process_rss_bytes bigint NOT NULL,
  load1          real NOT NULL,
  disk_free_bytes bigint NOT NULL,
  network_received_bytes bigint NOT NULL,   -- a second
  network_sent_bytes bigint NOT NULL,       -- a second
  clock_offset_ms integer NOT NULL,
  round_trip_ms_max integer NOT NULL,
  channels       integer NOT NULL,
  busy_channels_max integer NOT NULL,
  PRIMARY KEY (agent_id, at_ms)
);
CREATE INDEX agent_samples_by_time ON agent_samples (at_ms);

-- Who did what, and who was refused. Never a secret in it.
CREATE TABLE audit_events (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at_ms          bigint NOT NULL,
  kind           text NOT NULL,        -- closed list: control-plane/audit/audit-kinds.ts
  actor          text NOT NULL,        -- name of the API token, or 'agent', or 'control plane'
  agent_id       uuid,
  group_name     text,
  peer           text,                 -- address that called
  message        text NOT NULL,
  detail         jsonb
);
CREATE INDEX audit_events_by_time ON audit_events (at_ms);
CREATE INDEX audit_events_by_agent ON audit_events (agent_id, id);

CREATE TABLE datasources (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name          text NOT NULL UNIQUE,
  type          text NOT NULL CHECK (type IN ('kafka', 'odps')),
  description   text NOT NULL DEFAULT '',
  properties    jsonb NOT NULL,        -- without secrets
  secrets       bytea NOT NULL,        -- AES-256-GCM; the key is a file outside the database
  version       integer NOT NULL,
  updated_at_ms bigint NOT NULL
);

-- One agent tried one data source. The newest of a pair counts, the others are history.
CREATE TABLE connectivity_tests (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  agent_id       uuid NOT NULL REFERENCES agents ON DELETE CASCADE,
  datasource_id  bigint NOT NULL REFERENCES datasources ON DELETE CASCADE,
  datasource_version integer NOT NULL,
  -- why it was made: demand | schedule | agent-online | datasource-changed | run
  reason         text NOT NULL,
  verdict        text NOT NULL,        -- Connectable | ConfigError | Unreachable | Unsupported
  message        text NOT NULL,
  agent_ips      jsonb NOT NULL,       -- the agent's addresses at that time: a host that moved is tested anew
  stages         jsonb NOT NULL,
  started_at_ms  bigint NOT NULL,
  finished_at_ms bigint NOT NULL
);
CREATE INDEX connectivity_tests_by_pair ON connectivity_tests (datasource_id, agent_id, id DESC);

-- An upgrade of a group's agents: a canary, then one by one; halts at the first that fails.
CREATE TABLE upgrades (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  group_id       bigint NOT NULL REFERENCES resource_groups ON DELETE CASCADE,
  version        text NOT NULL,
  -- waiting (for its window) | running | halted | done | cancelled
  state          text NOT NULL,
  drain_ms       integer NOT NULL,     -- running work may take so long before the restart
  soak_ms        integer NOT NULL,     -- the one before must have been healthy for so long
  health_ms      integer NOT NULL,     -- the new version must be connected within this
  time_window    jsonb,                -- {days: [1..7], from: "HH:MM", to: "HH:MM", timeZone}; null: at any time
  message        text NOT NULL DEFAULT '',
  created_by     text NOT NULL,
  created_at_ms  bigint NOT NULL,
  finished_at_ms bigint
);
CREATE UNIQUE INDEX upgrades_one_unfinished_per_group ON upgrades (group_id)
  WHERE state IN ('waiting', 'running', 'halted');
CREATE TABLE upgrade_agents (
  upgrade_id     bigint NOT NULL REFERENCES upgrades ON DELETE CASCADE,
  agent_id       uuid NOT NULL REFERENCES agents ON DELETE CASCADE,
  -- what the agent knows the order by: a retry has another
  order_id       bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  turn           integer,              -- null: not begun; 0: the canary
  -- pending | underway | done | rolledBack | refused | lost | skipped
  state          text NOT NULL,
  phase          text NOT NULL DEFAULT '',   -- what the agent said last: FETCHING | DRAINING | RESTARTING
  from_version   text NOT NULL DEFAULT '',
  message        text NOT NULL DEFAULT '',
  changed_at_ms  bigint NOT NULL,
  PRIMARY KEY (upgrade_id, agent_id)
);

CREATE TABLE jobs (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name          text NOT NULL UNIQUE,
  version       integer NOT NULL,      -- the current one
  created_at_ms bigint NOT NULL,
  updated_at_ms bigint NOT NULL
);

CREATE TABLE job_versions (
  job_id        bigint NOT NULL REFERENCES jobs ON DELETE CASCADE,
  version       integer NOT NULL,
  group_name    text,                  -- default group of its runs
  datasource_names text[] NOT NULL,    -- named by the text: what keeps a data source from being deleted
  text_digest   text NOT NULL,         -- keyed hash of the text: whether a new text is another one
  text          bytea NOT NULL,        -- job JSON as given, sealed: it may hold inline secrets
  redacted      text NOT NULL,         -- the same text with secret values blanked, for people
  created_at_ms bigint NOT NULL,
  PRIMARY KEY (job_id, version)
);

CREATE TABLE runs (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job_id         bigint NOT NULL REFERENCES jobs ON DELETE CASCADE,
  job_version    integer NOT NULL,
  group_id       bigint NOT NULL REFERENCES resource_groups,
  priority       integer NOT NULL DEFAULT 1 CHECK (priority BETWEEN 1 AND 8),  -- larger goes first
  owner          text NOT NULL DEFAULT '',    -- name of the API token that started it
  params         jsonb NOT NULL,       -- scheduling parameter assignments as given; evaluated with cyc_time_ms
  cyc_time_ms    bigint NOT NULL,
  -- waiting | planning | running | committing | succeeded | failed | killed | held
  state          text NOT NULL,
  -- within running: opening | staging | verifying; otherwise ''
  phase          text NOT NULL DEFAULT '',
  -- the one step (plan, open, verify, complete, publish) that is under way or next
  step           text NOT NULL DEFAULT '',
  step_attempt   integer NOT NULL DEFAULT 0,   -- fencing token: only ever grows within the run
  step_agent_id  uuid,
  step_accepted  boolean NOT NULL DEFAULT false,
  step_retries   integer NOT NULL DEFAULT 0,
  step_retry_at_ms bigint NOT NULL DEFAULT 0,
  committing_since_ms bigint,
  sessions_opened integer NOT NULL DEFAULT 0,
  upload_id      text,
  sources        jsonb NOT NULL,       -- public connection settings, pinned at the start; secrets are read anew for each attempt
  plan           jsonb,                -- PlanResult: pinned before anything is read
  session        jsonb,                -- OpenResult: schema and limits of the upload session
  rows           bigint NOT NULL DEFAULT 0,
  bytes_read     bigint NOT NULL DEFAULT 0,
  dirty_records  bigint NOT NULL DEFAULT 0,
  error          jsonb,                -- {code, message, where, cause, at_ms, agent, work_id}
  evidence       jsonb,                -- of a held run
  created_at_ms  bigint NOT NULL,
  started_at_ms  bigint,
  finished_at_ms bigint
);
-- I8: at most one unfinished run holds a job's ledger. An index, not a convention.
CREATE UNIQUE INDEX runs_one_unfinished_per_job ON runs (job_id)
  WHERE state IN ('waiting', 'planning', 'running', 'committing', 'held');
CREATE INDEX runs_by_job ON runs (job_id, id DESC);

CREATE TABLE slices (
  run_id         bigint NOT NULL REFERENCES runs ON DELETE CASCADE,
  slice_no       integer NOT NULL CHECK (slice_no BETWEEN 0 AND 19999),  -- the block's id
  ranges         jsonb NOT NULL,       -- [{topicPartition, startOffset, endOffset, leaderEpoch}]
  estimated_bytes bigint NOT NULL,
  -- pending | assigned | running | staged | failed
  state          text NOT NULL,
  attempt        integer NOT NULL DEFAULT 0,   -- fencing token
  retries        integer NOT NULL DEFAULT 0,
  lost_in_a_row  integer NOT NULL DEFAULT 0,
  retry_at_ms    bigint NOT NULL DEFAULT 0,
  agent_id       uuid,
  rows           bigint NOT NULL DEFAULT 0,
  bytes_read     bigint NOT NULL DEFAULT 0,
  bytes_sent     bigint NOT NULL DEFAULT 0,
  dirty_records  bigint NOT NULL DEFAULT 0,
  error          jsonb,                -- of the last attempt that failed
  started_at_ms  bigint,
  finished_at_ms bigint,
  PRIMARY KEY (run_id, slice_no)
);

CREATE TABLE dirty_records (
  run_id          bigint NOT NULL REFERENCES runs ON DELETE CASCADE,
  slice_no        integer NOT NULL,
  seq             integer NOT NULL,
  topic           text NOT NULL,
  topic_partition integer NOT NULL,
  record_offset   bigint NOT NULL,
  column_name     text NOT NULL,
  reason          text NOT NULL,
  raw_value       bytea NOT NULL,
  raw_cut         boolean NOT NULL,
  PRIMARY KEY (run_id, slice_no, seq)
);

-- Where the next run of a job starts. Advanced only in the transaction that says COMMITTED (I5).
CREATE TABLE ledger (
  job_id          bigint NOT NULL REFERENCES jobs ON DELETE CASCADE,
  topic           text NOT NULL,
  topic_id        text NOT NULL,       -- '' where the broker has none
  topic_partition integer NOT NULL,
  next_offset     bigint NOT NULL,
  run_id          bigint NOT NULL REFERENCES runs ON DELETE CASCADE,
  PRIMARY KEY (job_id, topic, topic_partition)
);

-- Every range that was ever committed by appending: what I8 compares a new plan with.
CREATE TABLE committed_ranges (
  run_id          bigint NOT NULL REFERENCES runs ON DELETE CASCADE,
  job_id          bigint NOT NULL REFERENCES jobs ON DELETE CASCADE,
  target          text NOT NULL,       -- project.schema.table/partition spec
  topic           text NOT NULL,
  topic_id        text NOT NULL,
  topic_partition integer NOT NULL,
  start_offset    bigint NOT NULL,
  end_offset      bigint NOT NULL,
  PRIMARY KEY (run_id, topic, topic_partition, start_offset)
);
CREATE INDEX committed_ranges_by_job ON committed_ranges (job_id, topic, topic_partition);

CREATE TABLE log_lines (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id        bigint,                -- null: of an agent or the control plane itself
  agent_id      uuid,                  -- null: of the control plane
  work_id       text NOT NULL DEFAULT '',
  attempt       integer NOT NULL DEFAULT 0,
  at_ms         bigint NOT NULL,
  level         text NOT NULL,
  message       text NOT NULL,
  fields        jsonb
);
CREATE INDEX log_lines_by_run ON log_lines (run_id, id);
CREATE INDEX log_lines_by_agent ON log_lines (agent_id, id);
CREATE INDEX log_lines_by_time ON log_lines (at_ms);
