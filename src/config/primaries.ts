// The shape of a zone's `primary`; what needs the zone and the keys is in secondary-rules.ts.
import * as v from 'valibot';
import { type Endpoint, scanEndpoint, showEndpoint } from '../base/endpoint.ts';
import { suggestionFor } from '../base/suggest.ts';
import { isTable, type ValueKind } from './kinds.ts';

/** A primary as it is written: the key is still text, since which keys there are is said elsewhere. */
export interface WrittenPrimary {
  readonly address: Endpoint;
  /** `undefined`: nothing is signed. */
  readonly key: string | undefined;
}

/** Where a zone comes from: a table, or a list of them that are tried in order; an empty list is none. */
export function primaries(): ValueKind<readonly WrittenPrimary[]> {
  const one = v.pipe(
    PRIMARY,
    v.transform((primary) => [primary]),
  );
  const several = v.array(PRIMARY, `a table such as ${FORM}, or a list of them`);
  return {
    type: 'table, or list of tables',
    range: '`address` must be there; `key` is one of `[keys]`',
    json: JSON_SCHEMA,
    schema: () => v.lazy((input) => (isTable(input) ? one : several)),
  };
}

const FORM = '{ address = "192.0.2.1:53", key = "secondary." }';
const ADDRESS_FORM = 'an IP address such as "192.0.2.1:53" or "[2001:db8::1]:53"';
const KEY_FORM = 'the name of a key of [keys], in quotes';
const DNS_PORT = 53;

const ADDRESS = v.pipe(
  v.string(`${ADDRESS_FORM}, in quotes`),
  v.rawTransform(({ dataset: { value }, addIssue, NEVER }) => {
    const endpoint = scanEndpoint(value, DNS_PORT);
    if (endpoint !== undefined && endpoint.port !== 0) return endpoint;
    addIssue({ message: `${ADDRESS_FORM}${hintFor(value)}` });
    return NEVER;
  }),
);

const ENTRIES = {
  address: ADDRESS,
  key: v.optional(v.pipe(v.string(KEY_FORM), v.minLength(1, KEY_FORM))),
};

const TABLE = v.object(ENTRIES, `a table such as ${FORM}`);

const PRIMARY = v.pipe(
  v.custom<Record<string, unknown>>(isTable, `a table such as ${FORM}, or a list of them`),
  v.rawTransform(({ dataset: { value: written }, addIssue, NEVER }): WrittenPrimary => {
    const known = Object.keys(ENTRIES);
    const unknown = Object.keys(written).filter((key) => !known.includes(key));
    for (const key of unknown) {
      const meant = suggestionFor(key, known);
      const message = meant === undefined ? `known here: ${known.join(', ')}` : `did you mean ${meant}?`;
      addIssue({
        message,
        path: [{ type: 'object', origin: 'key', input: written, key, value: written[key] }],
      });
    }
    const { typed: isWhole, output, issues = [] } = v.safeParse(TABLE, written, { abortPipeEarly: true });
    for (const { message, input, path } of issues) {
      addIssue({ message, input, ...(path === undefined ? {} : { path }) });
    }
    if (!isWhole || unknown.length + issues.length > 0) return NEVER;
    return { address: output.address, key: output.key };
  }),
);

function hintFor(written: string): string {
  if (written.endsWith(':0')) return "; port 0 is no server's";
  const cut = written.lastIndexOf(':');
  const meant =
    cut === -1 ? undefined : scanEndpoint(`[${written.slice(0, cut)}]${written.slice(cut)}`, DNS_PORT);
  if (meant !== undefined) return `; did you mean "${showEndpoint(meant)}"?`;
  return /[a-z]/i.test(written) && !written.includes('[') ? ' (an IP address, not a host name)' : '';
}

const TABLE_SCHEMA = {
  type: 'object',
  properties: {
    address: {
      description: 'Where the primary answers: address and port; 53 when no port is given.',
      type: 'string',
      pattern: '^(\\[[0-9A-Fa-f:.]+\\]|[0-9.]+|[0-9A-Fa-f:]+)(:[0-9]{1,5})?$',
    },
    key: {
      description: 'The key that both sign with: the name of a key of `[keys]`.',
      type: 'string',
      minLength: 1,
    },
  },
  required: ['address'],
  additionalProperties: false,
};

/** For editors; `waypost check` knows more. */
const JSON_SCHEMA = { anyOf: [TABLE_SCHEMA, { type: 'array', items: TABLE_SCHEMA }] };
