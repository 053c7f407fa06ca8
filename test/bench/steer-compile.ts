// A worker that compiles databases as the geo thread does, and says what that cost; part-steer.ts starts it.
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { compileTables } from '../../src/geo/compile.ts';
import { ownThreadCpuNs } from './proc.ts';

/** What the worker is given. */
export interface CompileStart {
  readonly paths: readonly string[];
}

/** What it found. */
export interface CompileReport {
  /** Of this thread alone, reading the files included. */
  readonly cpuSeconds: number;
  readonly sourceOctets: number;
  /** The compiled tables. */
  readonly memory: SharedArrayBuffer;
}

const { paths }: CompileStart = workerData;
const before = ownThreadCpuNs();
const inputs = paths.map((name) => ({ name, octets: readFileSync(name) }));
const memory = compileTables(inputs, 'bench');
const report: CompileReport = {
  cpuSeconds: (ownThreadCpuNs() - before) / 1e9,
  sourceOctets: inputs.reduce((sum, { octets }) => sum + octets.length, 0),
  memory,
};
parentPort?.postMessage(report);
