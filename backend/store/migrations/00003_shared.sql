-- +goose Up

-- What the other providers that share a grant make of it: their own id of the account, and what they see.
-- JSON object by catalog id of {account, resources}; the grant's own provider has columns of its own.
ALTER TABLE grants ADD COLUMN others TEXT NOT NULL DEFAULT '{}';
