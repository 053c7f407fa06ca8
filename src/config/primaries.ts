// The shape of a zone's `primary`; what needs the zone and the keys is in secondary-rules.ts.
import * as v from 'valibot';
import type { Endpoint } from '../base/endpoint.ts';
import { inlineTable, KEY_ENTRY } from './inline-table.ts';
import { isTable, type ValueKind } from './kinds.ts';
import { SERVER_ADDRESS_PATTERN, serverAddress } from './server-address.ts';

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

const PRIMARY = v.pipe(
  inlineTable({ address: serverAddress(ADDRESS_FORM), key: v.optional(KEY_ENTRY) }, FORM),
  v.transform(({ address, key }): WrittenPrimary => ({ address, key })),
);

const TABLE_SCHEMA = {
  type: 'object',
  properties: {
    address: {
      description: 'Where the primary answers: address and port; 53 when no port is given.',
      type: 'string',
      pattern: SERVER_ADDRESS_PATTERN,
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
