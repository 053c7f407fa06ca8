/** What `waypost status --json` says of one query thread. */
export interface ThreadStatus {
  /** Octets in use on its JavaScript heap. */
  readonly heapUsed: number;
  /** Questions answered since it started. */
  readonly answered: number;
}

/** The first number under this key, wherever it is nested; `undefined` when there is none. */
export function findNumber(value: unknown, key: string): number | undefined {
  if (!isRecord(value)) return undefined;
  const own = value[key];
  if (typeof own === 'number') return own;
  for (const inner of Object.values(value)) {
    const found = findNumber(inner, key);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The query threads of a status; empty when it does not speak of them. */
export function threadsOf(status: unknown): readonly ThreadStatus[] {
  const threads = isRecord(status) ? status['threads'] : undefined;
  if (!Array.isArray(threads)) return [];
  return threads.flatMap((thread: unknown) => {
    if (!isRecord(thread)) return [];
    const { heapUsed, answered } = thread;
    return typeof heapUsed === 'number' && typeof answered === 'number' ? [{ heapUsed, answered }] : [];
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
