const { drizzle } = require('drizzle-orm/better-sqlite3');

drizzle('notes.db').run('insert into notes values (1)');
