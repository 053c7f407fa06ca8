// A process of its own that offers a server more updates than it can take: `node storm-client.js STORM`, STORM being a
// Storm as JSON. Prints READY when it begins, and a StormResult as JSON at the end.
import { READY, rage } from './storm-load.ts';

const result = await rage(JSON.parse(process.argv[2] ?? '{}'), () => console.log(READY));
console.log(JSON.stringify(result));
