// A process of its own that loads a server with updates: `node update-client.js LOAD`, LOAD being an UpdateLoad as JSON.
// Prints an UpdateLoadResult as JSON.
import { loadWithUpdates } from './update-load.ts';

console.log(JSON.stringify(await loadWithUpdates(JSON.parse(process.argv[2] ?? '{}'))));
