import { writeFileSync } from 'node:fs';
import { showJsonSchema, showReference } from '../../src/config/reference.ts';
import { SETTINGS } from '../../src/config/settings.ts';

// Writes what is made from the table of settings: `node dist/test/config/write-docs.js`, after `make build`.
const docs = new URL('../../../docs/', import.meta.url);
writeFileSync(new URL('configuration.md', docs), showReference(SETTINGS));
writeFileSync(new URL('waypost.schema.json', docs), showJsonSchema(SETTINGS));
