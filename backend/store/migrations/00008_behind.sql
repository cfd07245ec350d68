-- +goose Up

-- An incident may also be about what is behind inside Commerce Intelligence while our side is well. Each side of an
-- integration has one that is open at most.
ALTER TABLE incidents ADD COLUMN side TEXT NOT NULL DEFAULT ''; -- '' ours, 'theirs'

DROP INDEX incidents_open;
CREATE UNIQUE INDEX incidents_open ON incidents (integration, side) WHERE closed_at IS NULL; -- one at a time, whoever records it

-- The steps before the end of a grant that a channel was told of.
CREATE TABLE channel_ends (
    channel  TEXT    NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    grant_id TEXT    NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    ends_at  TEXT    NOT NULL,
    days     INTEGER NOT NULL, -- before the end
    told_at  TEXT    NOT NULL,
    PRIMARY KEY (channel, grant_id, ends_at, days)
) STRICT, WITHOUT ROWID;
