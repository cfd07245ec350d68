-- +goose Up

-- The host keys of the SSH bastions on the way to a database, as lines of OpenSSH's known_hosts (sshd(8)): those
-- that a person believed. They are public. Empty means that none was enrolled and nothing may be sent.
ALTER TABLE integrations ADD COLUMN host_keys TEXT NOT NULL DEFAULT '';
