/** Garbage collections of one isolate (one JavaScript thread), in milliseconds since that isolate began. */
export interface IsolateCollections {
  readonly isolate: string;
  readonly atMs: readonly number[];
}

/** Reads what `node --trace-gc` printed, isolate by isolate in the order in which they first collected. */
export function scanCollections(text: string): readonly IsolateCollections[] {
  const isolates = new Map<string, number[]>();
  for (const [, isolate = '', ms] of text.matchAll(/^\[\d+:(0x[0-9a-f]+)\]\s+(\d+) ms: /gm)) {
    const atMs = isolates.get(isolate);
    if (atMs === undefined) isolates.set(isolate, [Number(ms)]);
    else atMs.push(Number(ms));
  }
  return [...isolates].map(([isolate, atMs]) => ({ isolate, atMs }));
}
