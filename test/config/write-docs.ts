import { writeFileSync } from 'node:fs';
import { showJsonSchema, showReference } from '../../src/config/reference.ts';
import { MONITOR_TOML, WAYPOST_TOML } from '../../src/config/settings-files.ts';

// Writes what is made from the tables of settings: `node dist/test/config/write-docs.js`, after `make build`.
const docs = new URL('../../../docs/', import.meta.url);
writeFileSync(new URL('configuration.md', docs), showReference(WAYPOST_TOML));
writeFileSync(new URL('waypost.schema.json', docs), showJsonSchema(WAYPOST_TOML));
writeFileSync(new URL('monitor-settings.md', docs), showReference(MONITOR_TOML));
writeFileSync(new URL('waypost-monitor.schema.json', docs), showJsonSchema(MONITOR_TOML));
