import type { Terminal } from '../../src/cli/terminal.ts';

/** A terminal that keeps what is written to it. */
export function capture(how: Partial<Terminal> = {}): Terminal & { texts(): { out: string; err: string } } {
  let out = '';
  let err = '';
  return {
    isWatched: false,
    hasColours: false,
    ...how,
    out: (text) => {
      out += text;
    },
    write: async (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    texts: () => ({ out, err }),
  };
}
