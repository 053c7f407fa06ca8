// Loaded before the script of every process of `waypost demo` (node --import): when the process that started it has gone,
// in whatever way, standard input ends, and this process with it.
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM')).on('error', () => {});
  process.stdin.resume();
  // it does not keep the process alive
  if ('unref' in process.stdin && typeof process.stdin.unref === 'function') process.stdin.unref();
}
