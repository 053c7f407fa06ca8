import fc from 'fast-check';

/** How long each law is tried, in milliseconds: `WAYPOST_FUZZ_MS`, by default what fits a quick `make test`. */
export const FUZZ_MS = Number(process.env['WAYPOST_FUZZ_MS'] ?? 1000);

/** Tries a law with new examples until the time is over; throws with the smallest example that breaks it. */
export function holds<T>(law: fc.IProperty<T>): void {
  fc.assert(law, { interruptAfterTimeLimit: FUZZ_MS, numRuns: Number.MAX_SAFE_INTEGER });
}

/** As {@link holds}, for laws about what takes its time. */
export async function holdsInTime<T>(law: fc.IAsyncProperty<T>): Promise<void> {
  await fc.assert(law, { interruptAfterTimeLimit: FUZZ_MS, numRuns: Number.MAX_SAFE_INTEGER });
}
