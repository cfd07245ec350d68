-- +goose Up

-- Where notices go beyond the desktop. What is secret about a channel lies in the vault.
CREATE TABLE channels (
    id           TEXT    NOT NULL PRIMARY KEY,
    kind         TEXT    NOT NULL,            -- integration.ChannelKind
    name         TEXT    NOT NULL,
    settings     TEXT    NOT NULL,            -- JSON, no secrets
    added_at     TEXT    NOT NULL,
    delivered_at TEXT,                        -- the last message that was taken
    failure      TEXT    NOT NULL DEFAULT '', -- why the last one was not
    failures     INTEGER NOT NULL DEFAULT 0,  -- in a row
    retry_at     TEXT
) STRICT;

CREATE UNIQUE INDEX channels_by_name ON channels (name COLLATE NOCASE);

-- What a channel was told: one thread for an incident, or for several that are one thing to tell.
CREATE TABLE threads (
    id          TEXT    NOT NULL PRIMARY KEY,
    channel     TEXT    NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    reference   TEXT    NOT NULL,  -- what the service called the first message
    title       TEXT    NOT NULL,
    cause       TEXT    NOT NULL,
    rule        TEXT    NOT NULL,
    told_at     TEXT    NOT NULL,
    reminded_at TEXT,
    reminders   INTEGER NOT NULL DEFAULT 0,
    closed_at   TEXT               -- NULL while something of it is open
) STRICT;

CREATE INDEX threads_open ON threads (channel) WHERE closed_at IS NULL;
CREATE INDEX threads_by_time ON threads (told_at);
CREATE INDEX threads_by_end ON threads (closed_at);

-- The incidents of a thread. An incident is told to a channel once, whatever happens.
CREATE TABLE thread_members (
    channel  TEXT NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    incident TEXT NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
    thread   TEXT NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
    PRIMARY KEY (channel, incident)
) STRICT, WITHOUT ROWID;

CREATE INDEX thread_members_by_thread ON thread_members (thread);
CREATE INDEX thread_members_by_incident ON thread_members (incident);
