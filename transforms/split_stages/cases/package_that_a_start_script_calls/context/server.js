require('better-sqlite3')('/tmp/meters.db');
