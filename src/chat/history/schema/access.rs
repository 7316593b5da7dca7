//! The tables of invitations and hooks.

/// The migration that makes them.
pub(super) const STEP: &str = "
-- Invitations, by the hashes of their codes.
CREATE TABLE invitation (
    code   BLOB NOT NULL PRIMARY KEY,
    -- The number of people who may still come in by it.
    uses   INTEGER NOT NULL,
    -- The time of its end, in Unix milliseconds.
    until  INTEGER NOT NULL,
    -- The name of the person who has made it; an operator's has none.
    author TEXT NOT NULL,
    -- 0: an operator has made it at this file, and no server knows of it.
    told   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX invitation_untold ON invitation (told) WHERE told = 0;
-- Addresses at which programs say something in a room, by the hashes of their secrets.
CREATE TABLE hook (
    name   TEXT NOT NULL PRIMARY KEY,
    room   TEXT NOT NULL,
    secret BLOB NOT NULL UNIQUE,
    -- In Unix milliseconds.
    made   INTEGER NOT NULL,
    -- 0: it was made at this file, and no server knows of it; 1: all nodes do; 2: it was
    -- removed at this file, and no server knows of that.
    step   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- People who have come in by an invitation, and may come back.
CREATE TABLE invited (person TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
";
