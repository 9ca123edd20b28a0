package threatq

// schema holds times as Unix seconds. Attribute names are interned. Rows that
// belong to an object are clustered under its uid, and a link is stored once
// from each end, so that neither needs a second index.
const schema = `
CREATE TABLE IF NOT EXISTS object (
  uid INTEGER PRIMARY KEY, kind INTEGER NOT NULL, key BLOB NOT NULL,
  name TEXT NOT NULL COLLATE NOCASE, type_id INTEGER, status_id INTEGER, description TEXT,
  happened_at INTEGER, started_at INTEGER, ended_at INTEGER, published_at INTEGER,
  last_detected_at INTEGER, expires_at INTEGER, expired_at INTEGER,
  manual_score INTEGER, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, touched_at INTEGER NOT NULL,
  content TEXT
);
CREATE UNIQUE INDEX IF NOT EXISTS object_key ON object (kind, key);
CREATE INDEX IF NOT EXISTS object_updated ON object (kind, updated_at, uid);
CREATE INDEX IF NOT EXISTS object_name ON object (name);

CREATE TABLE IF NOT EXISTS attribute_name (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS attribute (
  object INTEGER NOT NULL, id INTEGER NOT NULL, name INTEGER NOT NULL, value TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, touched_at INTEGER NOT NULL,
  PRIMARY KEY (object, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS source (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, type TEXT NOT NULL, reference_id INTEGER NOT NULL,
  created_at INTEGER NOT NULL
);
-- owner is the uid of an object, or of an attribute (see attrUID)
CREATE TABLE IF NOT EXISTS object_source (
  owner INTEGER NOT NULL, source INTEGER NOT NULL, id INTEGER NOT NULL, tlp_id INTEGER, published_at INTEGER,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  PRIMARY KEY (owner, source)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS link (
  owner INTEGER NOT NULL, other INTEGER NOT NULL, id INTEGER NOT NULL, outgoing INTEGER NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  PRIMARY KEY (owner, other)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tag (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS object_tag (
  object INTEGER NOT NULL, tag INTEGER NOT NULL, PRIMARY KEY (object, tag)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS comment (
  id INTEGER PRIMARY KEY, object INTEGER NOT NULL, value TEXT NOT NULL, source INTEGER NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS comment_object ON comment (object);

CREATE TABLE IF NOT EXISTS type (
  kind INTEGER NOT NULL, id INTEGER NOT NULL, name TEXT NOT NULL COLLATE NOCASE, class TEXT NOT NULL,
  editable INTEGER NOT NULL, created_at INTEGER NOT NULL, PRIMARY KEY (kind, id), UNIQUE (kind, name)
);
CREATE TABLE IF NOT EXISTS status (
  kind INTEGER NOT NULL, id INTEGER NOT NULL, name TEXT NOT NULL COLLATE NOCASE, description TEXT NOT NULL,
  protected INTEGER NOT NULL, created_at INTEGER NOT NULL, PRIMARY KEY (kind, id), UNIQUE (kind, name)
);
CREATE TABLE IF NOT EXISTS custom_kind (num INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS counter (name INTEGER PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS search (
  id INTEGER PRIMARY KEY, name TEXT, hash TEXT NOT NULL, json TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS private_search (id INTEGER PRIMARY KEY);
CREATE INDEX IF NOT EXISTS search_hash ON search (hash);
CREATE TABLE IF NOT EXISTS connector (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, fields TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
);
`
