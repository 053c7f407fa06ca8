import * as v from 'valibot';
import { scanEndpoint, showEndpoint } from '../base/endpoint.ts';

/** The port of a server when none is written (RFC 1035 §4.2). */
const DNS_PORT = 53;

/** The schema of another server's address; `form` describes one, to complete the sentence "expected …". */
export function serverAddress(form: string) {
  return v.pipe(
    v.string(`${form}, in quotes`),
    v.rawTransform(({ dataset: { value }, addIssue, NEVER }) => {
      const endpoint = scanEndpoint(value, DNS_PORT);
      if (endpoint !== undefined && endpoint.port !== 0) return endpoint;
      const hint = endpoint === undefined ? hintFor(value) : "; port 0 is no server's";
      addIssue({ message: `${form}${hint}` });
      return NEVER;
    }),
  );
}

/** For editors. */
export const SERVER_ADDRESS_PATTERN =
  '^(\\[[0-9A-Fa-f:.]+\\](:[0-9]{1,5})?|[0-9.]+(:[0-9]{1,5})?|[0-9A-Fa-f:.]+)$';

/** What to write instead, for the slips people make with addresses. */
function hintFor(written: string): string {
  const cut = written.lastIndexOf(':');
  const meant =
    cut === -1 ? undefined : scanEndpoint(`[${written.slice(0, cut)}]${written.slice(cut)}`, DNS_PORT);
  if (meant !== undefined) return `; did you mean "${showEndpoint(meant)}"?`;
  return /[g-z]/i.test(written) && !written.includes('[') ? ' (an IP address, not a host name)' : '';
}
