-- +goose Up

-- Who did it (window, cli, exec; "" before this was kept), and the scopes that the grant had at that moment.
ALTER TABLE acts ADD COLUMN actor TEXT NOT NULL DEFAULT '';
ALTER TABLE acts ADD COLUMN scopes TEXT NOT NULL DEFAULT '[]'; -- JSON array of strings

CREATE INDEX acts_by_time ON acts (at);

-- When a person gave the grant back; NULL while it is in use.
ALTER TABLE grants ADD COLUMN disconnected_at TEXT;

-- Grants that were given back here and that their provider was not told of yet. What is to be revoked stays in the
-- vault, under the grant's name and the version below, until the provider took it or the trying ended.
CREATE TABLE revocations (
    id             TEXT    NOT NULL PRIMARY KEY, -- rev_…
    grant_id       TEXT    NOT NULL,             -- may be gone
    version        INTEGER NOT NULL,             -- of the vault's entry
    provider       TEXT    NOT NULL,             -- catalog id
    method         TEXT    NOT NULL,             -- integration.Method
    settings       TEXT    NOT NULL,             -- JSON object: what the provider's addresses are made from
    public         TEXT    NOT NULL,             -- JSON object: client_id
    account        TEXT    NOT NULL,             -- for people
    integration_id TEXT    NOT NULL,             -- through which it was given back; may be gone
    name           TEXT    NOT NULL,             -- of that integration
    begun_at       TEXT    NOT NULL,
    due_at         TEXT    NOT NULL,             -- the next try
    tries          INTEGER NOT NULL,
    reason         TEXT    NOT NULL              -- why the last try did not do: a short word, "" before the first
) STRICT;

-- What was said already about a grant that ends soon.
CREATE TABLE reminders (
    grant_id TEXT    NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    ends_at  TEXT    NOT NULL,
    days     INTEGER NOT NULL, -- before the end: 7, 3 or 1
    PRIMARY KEY (grant_id, ends_at, days)
) STRICT, WITHOUT ROWID;
