//! The newer migrations of the history file. Another one is the last here, and `VERSION` counts it.

/// They begin with the one that lets other nodes know the roles.
pub(super) const NEWER: &[&str] = &[
    "
    -- The roles as other nodes know them. Where `roles` differs, they have to be told.
    ALTER TABLE registration ADD COLUMN told_roles TEXT NOT NULL DEFAULT '';
    CREATE INDEX registration_by_roles ON registration (person)
        WHERE (roles <> '' OR told_roles <> '');
",
    "
    -- The nick by which a person was banned or muted, and that of the moderator. Beside networks
    -- there are people: @ID is banned, and muted @ID is muted.
    ALTER TABLE ban ADD COLUMN nick TEXT NOT NULL DEFAULT '';
    ALTER TABLE ban ADD COLUMN moderator TEXT NOT NULL DEFAULT '';
",
    "
    -- The acts of people who keep order. An operator has no name.
    CREATE TABLE deed (
        number    INTEGER PRIMARY KEY,
        ts        INTEGER NOT NULL,
        moderator TEXT NOT NULL,
        what      TEXT NOT NULL,
        target    TEXT NOT NULL,
        room      TEXT NOT NULL,
        until     INTEGER,
        why       TEXT NOT NULL
    ) STRICT;
",
    "
    -- The owners of rooms, by their ids.
    CREATE TABLE room_owner (
        room   TEXT NOT NULL,
        person TEXT NOT NULL,
        PRIMARY KEY (room, person)
    ) STRICT, WITHOUT ROWID;
    -- 1 is a person who wants no notices of comings and goings.
    ALTER TABLE registration ADD COLUMN quiet INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX registration_by_quiet ON registration (person) WHERE quiet <> 0;
",
    "
    -- The rules of rooms that are not open to everyone, as JSON.
    CREATE TABLE room_rule (
        room  TEXT NOT NULL PRIMARY KEY,
        rules TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
",
    "
    -- The people whom registered people ignore: each by a mark, and the rest about them as JSON.
    CREATE TABLE ignored (
        number INTEGER PRIMARY KEY,
        person TEXT NOT NULL,
        whom   TEXT NOT NULL,
        entry  TEXT NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX ignored_by_person ON ignored (person, whom);
",
    "
    -- Private messages that wait for a registered person who is away, by their numbers.
    CREATE TABLE mailbox (
        person  TEXT NOT NULL,
        message INTEGER NOT NULL,
        PRIMARY KEY (person, message)
    ) STRICT, WITHOUT ROWID;
",
    "
    -- Facts that were kept before they were told, as JSON, until their changes are in the tables.
    CREATE TABLE promise (
        number INTEGER PRIMARY KEY,
        text   TEXT NOT NULL
    ) STRICT;
",
    "
    -- Registered people to whom an operator has given another password, or whom they have
    -- forgotten: those have no hash. No server has ended their devices.
    CREATE TABLE reset (
        person TEXT NOT NULL PRIMARY KEY,
        hash   TEXT
    ) STRICT, WITHOUT ROWID;
",
    "
    -- The last message that a registered person has read, by place: JSON.
    CREATE TABLE read_upto (
        person TEXT NOT NULL PRIMARY KEY,
        places TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
",
    "
    -- The id of the person who has ordered a ban: a nick may be another one later.
    ALTER TABLE ban ADD COLUMN maker TEXT NOT NULL DEFAULT '';
",
];
