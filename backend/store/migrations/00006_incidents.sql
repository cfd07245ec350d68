-- +goose Up

-- How an incident came to its end, and when the person was told of it.
ALTER TABLE incidents ADD COLUMN ending TEXT NOT NULL DEFAULT ''; -- integration.Ending; '' while open and for what is older than this
ALTER TABLE incidents ADD COLUMN notified_at TEXT;

CREATE INDEX incidents_by_time ON incidents (opened_at);

-- How many findings in a row beyond the usual ones it takes before an incident opens, as learned from trouble that
-- passed by itself.
ALTER TABLE states ADD COLUMN patience INTEGER NOT NULL DEFAULT 0;

-- When notices about an integration rest while its checks go on.
CREATE TABLE rests (
    integration_id TEXT NOT NULL REFERENCES integrations (id) ON DELETE CASCADE,
    kind           TEXT NOT NULL, -- integration.RestKind
    starts_at      TEXT NOT NULL,
    ends_at        TEXT,          -- NULL: until somebody ends it
    PRIMARY KEY (integration_id, kind)
) STRICT, WITHOUT ROWID;

-- Owners of accounts who were asked for help; the row goes with the incident's end.
CREATE TABLE asked (
    integration_id TEXT    NOT NULL PRIMARY KEY REFERENCES integrations (id) ON DELETE CASCADE,
    whom           TEXT    NOT NULL, -- as typed
    since          TEXT    NOT NULL,
    reminded_at    TEXT,
    reminders      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
