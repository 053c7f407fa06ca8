// A web server of `waypost demo`, a process of its own: node web-server-entry.js NUMBER ADDRESS PORT. It says where it
// listens.
import { createServer } from 'node:http';

const [number = '', address = '127.0.0.1', port = '0'] = process.argv.slice(2);

const server = createServer((_, response) => {
  response.setHeader('content-type', 'text/plain');
  response.end(`web server ${number}, pid ${process.pid}\n`);
});
server.on('error', (error: NodeJS.ErrnoException) => {
  // Where the loopback interface has but one address (macOS), they share it.
  if (error.code !== 'EADDRNOTAVAIL' || address === '127.0.0.1') throw error;
  server.listen(Number(port), '127.0.0.1');
});
server.on('listening', () => {
  const at = server.address();
  if (typeof at === 'object' && at !== null) process.stdout.write(`listens on ${at.address}:${at.port}\n`);
});
server.listen(Number(port), address);

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
