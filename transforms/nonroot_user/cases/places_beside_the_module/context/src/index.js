import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const migrations = path.join(path.dirname(fileURLToPath(import.meta.url)), '../drizzle');
mkdirSync('data', { recursive: true });
writeFileSync('data/state.json', JSON.stringify(readdirSync(migrations)));
