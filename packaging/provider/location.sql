-- Where users are registered, as module usrloc writes it (its version 9), and the service `devices` from it.
PRAGMA journal_mode = WAL;

CREATE TABLE location (
    id             INTEGER PRIMARY KEY,
    ruid           VARCHAR(64) UNIQUE NOT NULL DEFAULT '',
    username       VARCHAR(64) NOT NULL DEFAULT '',
    domain         VARCHAR(64),
    contact        VARCHAR(512) NOT NULL DEFAULT '',
    received       VARCHAR(128),
    path           VARCHAR(512),
    expires        TIMESTAMP NOT NULL,
    q              REAL NOT NULL DEFAULT 1.0,
    callid         VARCHAR(255) NOT NULL DEFAULT '',
    cseq           INTEGER NOT NULL DEFAULT 1,
    last_modified  TIMESTAMP NOT NULL DEFAULT 0,
    flags          INTEGER NOT NULL DEFAULT 0,
    cflags         INTEGER NOT NULL DEFAULT 0,
    user_agent     VARCHAR(255) NOT NULL DEFAULT '',
    socket         VARCHAR(64),
    methods        INTEGER,
    instance       VARCHAR(255),
    reg_id         INTEGER NOT NULL DEFAULT 0,
    server_id      INTEGER NOT NULL DEFAULT 0,
    connection_id  INTEGER NOT NULL DEFAULT 0,
    keepalive      INTEGER NOT NULL DEFAULT 0,
    partition      INTEGER NOT NULL DEFAULT 0,
    first_seen     INTEGER NOT NULL DEFAULT (unixepoch())   -- ours: usrloc updates a row, and leaves this alone
);
CREATE INDEX location_by_user ON location (username);

CREATE TABLE location_attrs (
    id             INTEGER PRIMARY KEY,
    ruid           VARCHAR(64) NOT NULL DEFAULT '',
    username       VARCHAR(64) NOT NULL DEFAULT '',
    domain         VARCHAR(64),
    aname          VARCHAR(64) NOT NULL DEFAULT '',
    atype          INTEGER NOT NULL DEFAULT 0,
    avalue         VARCHAR(512) NOT NULL DEFAULT '',
    last_modified  TIMESTAMP NOT NULL DEFAULT 0
);

CREATE TABLE version (table_name VARCHAR(32) PRIMARY KEY, table_version INTEGER NOT NULL);
INSERT INTO version VALUES ('location', 9), ('location_attrs', 1);

CREATE VIEW service_devices AS
SELECT username,
       json_object('devices', json_group_array(json_object(
           'contact', contact, 'user_agent', substr(user_agent, 1, 96), 'since_s', first_seen))) AS answer
FROM location GROUP BY username;
