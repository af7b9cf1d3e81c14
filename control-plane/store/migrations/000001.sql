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
  created_at_ms bigint NOT NULL
);

CREATE TABLE enrol_tokens (
  token_hash     text PRIMARY KEY,
  group_id       bigint NOT NULL REFERENCES resource_groups ON DELETE CASCADE,
  created_at_ms  bigint NOT NULL,
  expires_at_ms  bigint NOT NULL,
  used_at_ms     bigint,
  agent_key_hash text,
  agent_id       uuid
);

CREATE TABLE agents (
  id             uuid PRIMARY KEY,
  name           text NOT NULL UNIQUE,
  group_id       bigint NOT NULL REFERENCES resource_groups,
  key_hash       text NOT NULL UNIQUE,
  -- enrolled | online | suspect | offline | draining | drained | revoked
  state          text NOT NULL,
  session_epoch  bigint NOT NULL DEFAULT 0,
  process_id     text NOT NULL DEFAULT '',
  channels       integer NOT NULL DEFAULT 0,
  facts          jsonb NOT NULL,
  heartbeat      jsonb,
  heartbeat_at_ms bigint,
  lease_until_ms bigint NOT NULL DEFAULT 0,
  created_at_ms  bigint NOT NULL
);

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
