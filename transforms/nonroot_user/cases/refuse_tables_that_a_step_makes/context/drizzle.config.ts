export default { dialect: 'sqlite', schema: './schema.ts', dbCredentials: { url: 'notes.db' } };
