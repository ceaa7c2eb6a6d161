-- What the provider knows, in SQLite: users, numbers, services, and the calls that module acc writes.
-- Kamailio reads the table users at its start (kamcmd htable.reload users), all else at each question.
-- Where each user is registered is in a file of its own (location.sql), so that no two processes write to one.
PRAGMA journal_mode = WAL;

-- Who may register. ha1 is MD5 of NAME:DOMAIN:PASSWORD (RFC 2617 section 3.2.2.2): never the password itself.
-- key_type and value_type are module htable's: text.
CREATE TABLE users (
    name           VARCHAR(64) PRIMARY KEY NOT NULL,
    ha1            VARCHAR(64) NOT NULL,
    key_type       INTEGER NOT NULL DEFAULT 0,
    value_type     INTEGER NOT NULL DEFAULT 0,
    expires        INTEGER NOT NULL DEFAULT 0,
    balance_cents  INTEGER,                      -- NULL: no balance to tell
    currency       VARCHAR(3) NOT NULL DEFAULT 'EUR',
    balance_at     INTEGER NOT NULL DEFAULT (unixepoch())
);

-- Special numbers, for everybody.
CREATE TABLE numbers (
    position  INTEGER PRIMARY KEY,
    title     VARCHAR(64) NOT NULL,
    uri       VARCHAR(256) NOT NULL,
    kind      VARCHAR(16) NOT NULL DEFAULT 'special' CHECK (kind IN ('voicemail', 'emergency', 'special'))
);

-- Calls: module acc writes a row for each INVITE that ended and each BYE. Its own columns come first; who was
-- refused by us has no to_tag.
CREATE TABLE acc (
    id          INTEGER PRIMARY KEY,
    method      VARCHAR(16) NOT NULL DEFAULT '',
    from_tag    VARCHAR(128),
    to_tag      VARCHAR(128),
    callid      VARCHAR(255) NOT NULL DEFAULT '',
    sip_code    VARCHAR(3) NOT NULL DEFAULT '',
    sip_reason  VARCHAR(128) NOT NULL DEFAULT '',
    time        TIMESTAMP,
    caller      VARCHAR(256) NOT NULL DEFAULT '',   -- URI
    callee      VARCHAR(256) NOT NULL DEFAULT '',   -- URI
    at          INTEGER NOT NULL DEFAULT 0          -- seconds since 1970
);
CREATE INDEX acc_by_call ON acc (callid, method);
CREATE INDEX acc_by_caller ON acc (caller, at);
CREATE INDEX acc_by_callee ON acc (callee, at);

CREATE TABLE version (table_name VARCHAR(32) PRIMARY KEY, table_version INTEGER NOT NULL);
INSERT INTO version VALUES ('acc', 5);

-- The services, as the service `services` lists them. A new one is a row here and a view service_NAME with the columns
-- username and answer; neither Kamailio nor anybody's Elsipo needs a restart.
CREATE TABLE services (
    position  INTEGER PRIMARY KEY,
    name      VARCHAR(32) UNIQUE NOT NULL CHECK (name NOT GLOB '*[^a-z0-9-]*'),
    title     VARCHAR(64) NOT NULL
);
INSERT INTO services (name, title) VALUES
    ('balance', 'Balance'), ('numbers', 'Numbers'), ('calls', 'Calls'), ('devices', 'Devices'), ('stats', 'Statistics');

CREATE VIEW service_services AS
SELECT name AS username,
       json_object('services', (SELECT json_group_array(json_object('name', name, 'title', title))
                                FROM (SELECT * FROM services ORDER BY position))) AS answer
FROM users;

CREATE VIEW service_numbers AS
SELECT name AS username,
       json_object('numbers', (SELECT json_group_array(json_object('title', title, 'uri', uri, 'kind', kind))
                               FROM (SELECT * FROM numbers ORDER BY position))) AS answer
FROM users;

-- A decimal text, as money is: no client may round it.
CREATE VIEW service_balance AS
SELECT name AS username,
       json_object('amount', printf('%s%d.%02d', iif(balance_cents < 0, '-', ''),
                                    abs(balance_cents) / 100, abs(balance_cents) % 100),
                   'currency', currency, 'at_s', balance_at) AS answer
FROM users WHERE balance_cents IS NOT NULL;

-- Over all devices of the user, newest first; as many as surely fit one packet.
CREATE VIEW call AS
SELECT callid, caller, callee, CAST(sip_code AS INTEGER) AS code, at,
       (SELECT max(bye.at) FROM acc AS bye WHERE bye.callid = acc.callid AND bye.method = 'BYE') AS ended_at
FROM acc WHERE method = 'INVITE' AND sip_code NOT IN ('401', '407');

CREATE VIEW service_calls AS
SELECT users.name AS username, json_object('calls', (
    SELECT json_group_array(json_object(
        'sip_call_id', callid,
        'direction', iif(is_out, 'outgoing', 'incoming'),
        'peer', iif(is_out, callee, caller),
        'at_s', at,
        'duration_s', max(0, coalesce(ended_at - at, 0)),
        'outcome', CASE WHEN code < 300 THEN 'answered'
                        WHEN code IN (486, 600) THEN iif(is_out, 'busy', 'rejected')
                        WHEN code IN (408, 480, 487) AND NOT is_out THEN 'missed'
                        WHEN code = 487 THEN 'cancelled'
                        WHEN code IN (408, 480) THEN 'no_answer'
                        WHEN code = 603 THEN 'rejected'
                        ELSE 'failed' END))
    FROM (SELECT call.*, caller = me.uri AS is_out FROM call WHERE me.uri IN (caller, callee) ORDER BY at DESC LIMIT 12)
)) AS answer
FROM users JOIN (SELECT name, 'sip:' || name || '@' || (SELECT domain FROM provider) AS uri FROM users) AS me USING (name);

CREATE TABLE provider (domain VARCHAR(253) NOT NULL);
