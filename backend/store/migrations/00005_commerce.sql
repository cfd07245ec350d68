-- +goose Up

-- The last update cycle that each account of Commerce Intelligence told of. It stays while the account cannot be
-- asked.
CREATE TABLE update_cycles (
    integration_id TEXT    NOT NULL PRIMARY KEY REFERENCES integrations (id) ON DELETE CASCADE,
    job            INTEGER NOT NULL, -- its number there; 0 for none yet
    kind           TEXT    NOT NULL, -- in its own words
    state          TEXT    NOT NULL, -- likewise
    result         TEXT    NOT NULL, -- integration.CycleResult
    started_at     TEXT,             -- NULL where the account's time zone is not known
    ended_at       TEXT,
    told           TEXT    NOT NULL, -- the end on the account's own clock
    zone           TEXT    NOT NULL, -- the abbreviation of its time zone
    asked_at       TEXT    NOT NULL,
    address        TEXT    NOT NULL  -- this computer's public one at that moment; '' where it is not known
) STRICT;

-- What a person told of the integration of the same kind inside Commerce Intelligence. No row: nothing yet.
CREATE TABLE theirs (
    integration_id TEXT NOT NULL PRIMARY KEY REFERENCES integrations (id) ON DELETE CASCADE,
    switched       TEXT NOT NULL, -- '' by itself, on, off
    account        TEXT NOT NULL, -- the integration that is its account; '' for the only one
    data_point     TEXT,          -- Last Data Point Received
    told_at        TEXT,          -- when it was read there
    steps          TEXT NOT NULL, -- JSON object by step of when it was done
    key_refresh    TEXT NOT NULL  -- JSON, integration.KeyRefresh
) STRICT;
