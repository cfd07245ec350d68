-- +goose Up

-- Who this file is; the side marker beside it repeats the id, so that an emptied file is noticed.
CREATE TABLE identity (
    id         TEXT NOT NULL PRIMARY KEY, -- db_…, made with the file
    created_at TEXT NOT NULL              -- RFC 3339, UTC
) STRICT;

-- What was authorized, by whom. The secret lies in the vault under "id/version", never here.
CREATE TABLE grants (
    id                TEXT    NOT NULL PRIMARY KEY, -- grt_…
    provider          TEXT    NOT NULL,             -- catalog id
    method            TEXT    NOT NULL,             -- integration.Method
    account_id        TEXT    NOT NULL,             -- at the provider
    account_name      TEXT    NOT NULL,
    scopes            TEXT    NOT NULL,             -- JSON array of strings
    resources         TEXT    NOT NULL,             -- JSON array of {id, name}
    public            TEXT    NOT NULL,             -- JSON object: the credential's parts that are no secret
    version           INTEGER NOT NULL,             -- the one that the vault's current entry has
    obtained_at       TEXT,                         -- when a person authorized it
    access_expires_at TEXT,                         -- of the short-lived access part
    expires_at        TEXT,                         -- of the grant as a whole
    renewed_at        TEXT,
    used_at           TEXT                          -- the last request that it passed
) STRICT;

-- Renewals under way: a row is written before the refresh token is sent and removed with the transaction that
-- stores the answer. One that is found later was interrupted.
CREATE TABLE renewals (
    grant_id    TEXT    NOT NULL PRIMARY KEY REFERENCES grants (id) ON DELETE CASCADE,
    version     INTEGER NOT NULL, -- of the grant, at the start
    fingerprint TEXT    NOT NULL, -- of what was sent: the first 8 bytes of its SHA-256, in hex
    started_at  TEXT    NOT NULL,
    repeated    INTEGER NOT NULL, -- 1: sent once more, within the provider's grace
    lost        INTEGER NOT NULL  -- 1: nothing can finish it; a person must authorize anew
) STRICT, WITHOUT ROWID;

-- One source that the merchant connected.
CREATE TABLE integrations (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT, -- short reference for history; never used twice
    id          TEXT    NOT NULL UNIQUE,           -- int_…
    provider    TEXT    NOT NULL,                  -- catalog id
    name        TEXT    NOT NULL,                  -- as typed, trimmed
    folded_name TEXT    NOT NULL UNIQUE,           -- the name in lower case: what must be unique
    settings    TEXT    NOT NULL,                  -- JSON object: host, shop, profile ids
    interval_ms INTEGER NOT NULL,                  -- between two checks
    grant_id    TEXT    NOT NULL REFERENCES grants (id),
    paused      INTEGER NOT NULL,                  -- 0 or 1
    created_at  TEXT,
    updated_at  TEXT
) STRICT;

CREATE INDEX integrations_by_grant ON integrations (grant_id);

-- The last known truth, one short row for each integration: every check writes it, so that what is
-- long stands in verdicts. In the order of the ids a sweep writes few pages.
CREATE TABLE states (
    integration_id    TEXT    NOT NULL PRIMARY KEY REFERENCES integrations (id) ON DELETE CASCADE,
    status            TEXT    NOT NULL, -- integration.Status
    verdict           TEXT    NOT NULL, -- "" before the first check
    rule              TEXT    NOT NULL, -- of diagnosis
    checked_at        TEXT,
    succeeded_at      TEXT,
    due_at            TEXT,             -- NULL: no timer checks it
    failures_in_row   INTEGER NOT NULL,
    successes_in_row  INTEGER NOT NULL,
    refused_in_row    INTEGER NOT NULL,
    latched           INTEGER NOT NULL, -- 1: no timer offers the refused credential again
    fingerprint       TEXT    NOT NULL  -- of the finding: while it and the hour stay, only the columns above are written
) STRICT, WITHOUT ROWID;

-- What the last known truth rests on.
CREATE TABLE verdicts (
    integration_id TEXT NOT NULL PRIMARY KEY REFERENCES integrations (id) ON DELETE CASCADE,
    finding        TEXT NOT NULL, -- JSON, integration.Finding
    evidence       TEXT NOT NULL  -- JSON, integration.Evidence
) STRICT;

-- A row for each moment at which a finding became another one.
CREATE TABLE changes (
    seq         INTEGER PRIMARY KEY,
    integration INTEGER NOT NULL REFERENCES integrations (seq) ON DELETE CASCADE,
    at          TEXT    NOT NULL,
    status      TEXT    NOT NULL,
    finding     TEXT    NOT NULL -- JSON
) STRICT;

CREATE INDEX changes_by_integration ON changes (integration, at);

-- From the finding that opens it to the recovery.
CREATE TABLE incidents (
    id          TEXT    NOT NULL PRIMARY KEY,
    integration INTEGER NOT NULL REFERENCES integrations (seq) ON DELETE CASCADE,
    opened_at   TEXT    NOT NULL,
    closed_at   TEXT,             -- NULL while open
    finding     TEXT    NOT NULL, -- JSON, of the opening
    notified    INTEGER NOT NULL  -- 1: the person was told
) STRICT;

CREATE UNIQUE INDEX incidents_open ON incidents (integration) WHERE closed_at IS NULL; -- one at a time, whoever records it
CREATE INDEX incidents_by_integration ON incidents (integration, opened_at);

-- Counters, one row for each integration and hour. The hour leads the key: a sweep writes one place.
CREATE TABLE hours (
    start       TEXT    NOT NULL, -- 2006-01-02T15:00:00Z
    integration INTEGER NOT NULL REFERENCES integrations (seq) ON DELETE CASCADE,
    ok          INTEGER NOT NULL,
    failing     INTEGER NOT NULL,
    unknown     INTEGER NOT NULL,
    latency_us  INTEGER NOT NULL, -- the sum over all checks
    severity    INTEGER NOT NULL, -- of worst
    worst       TEXT    NOT NULL, -- integration.Status
    PRIMARY KEY (start, integration)
) STRICT, WITHOUT ROWID;


-- The same, folded to days when they are a month old.
CREATE TABLE days (
    start       TEXT    NOT NULL, -- 2006-01-02T00:00:00Z
    integration INTEGER NOT NULL REFERENCES integrations (seq) ON DELETE CASCADE,
    ok          INTEGER NOT NULL,
    failing     INTEGER NOT NULL,
    unknown     INTEGER NOT NULL,
    latency_us  INTEGER NOT NULL,
    severity    INTEGER NOT NULL,
    worst       TEXT    NOT NULL,
    PRIMARY KEY (start, integration)
) STRICT, WITHOUT ROWID;

-- The audit trail. It outlives what it tells of.
CREATE TABLE acts (
    seq            INTEGER PRIMARY KEY,
    at             TEXT NOT NULL,
    integration_id TEXT NOT NULL, -- "" where none
    grant_id       TEXT NOT NULL, -- "" where none
    what           TEXT NOT NULL,
    args           TEXT NOT NULL  -- JSON object
) STRICT;

CREATE INDEX acts_by_integration ON acts (integration_id, at);

-- The outbox: what the person is still to be told.
CREATE TABLE alerts (
    seq            INTEGER PRIMARY KEY,
    id             TEXT NOT NULL UNIQUE,
    kind           TEXT NOT NULL, -- integration.AlertKind
    incident_id    TEXT NOT NULL, -- "" where none
    integration_id TEXT NOT NULL, -- "" where it is about this computer
    name           TEXT NOT NULL, -- of the integration
    finding        TEXT NOT NULL, -- JSON
    at             TEXT NOT NULL
) STRICT;

-- The app's settings.
CREATE TABLE preferences (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- How far the store's own upkeep came.
CREATE TABLE upkeep (
    task TEXT NOT NULL PRIMARY KEY, -- verify, fold, forget
    at   TEXT NOT NULL              -- the moment up to which it was done
) STRICT, WITHOUT ROWID;
