// The shape of a zone's `notify` list; what needs the zone and the keys is in notify-rules.ts.
import * as v from 'valibot';
import { type Endpoint, showEndpoint } from '../base/endpoint.ts';
import { scanAddress, showAddress } from '../base/ip.ts';
import { inlineTable, KEY_ENTRY } from './inline-table.ts';
import type { ValueKind } from './kinds.ts';
import { SERVER_ADDRESS_PATTERN, serverAddress } from './server-address.ts';

/** A secondary to be told, as it is written: the key is still text, since which keys there are is said elsewhere. */
export interface WrittenNotify {
  readonly address: Endpoint;
  /** `undefined`: nothing is signed. */
  readonly key: string | undefined;
  /** The address of this machine to send from; `undefined`: the system chooses. */
  readonly source: string | undefined;
}

/** A list of secondaries to be told of changes, each an inline table; may be empty. */
export function notifications(): ValueKind<readonly WrittenNotify[]> {
  const schema = v.pipe(
    v.array(TARGET, `a list of tables such as ${FORM}`),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      const seen = new Set<string>();
      for (const { address } of dataset.value) {
        const shown = showEndpoint(address);
        if (seen.has(shown)) addIssue({ message: `every address once, but ${shown} stands there twice` });
        seen.add(shown);
      }
    }),
  );
  return {
    type: 'list of tables',
    range:
      '`address` must be there: `ADDR` or `ADDR:PORT`, each once; `key` is one of `[keys]`; `source` is an address of this machine',
    json: JSON_SCHEMA,
    schema: () => schema,
  };
}

const FORM = '{ address = "192.0.2.53", key = "secondary." }';
const ADDRESS_FORM =
  'an IP address, with a port if it is not 53, such as "192.0.2.53" or "[2001:db8::53]:5353"';
const SOURCE_FORM = 'an IP address of this machine, without a port, such as "192.0.2.1"';

const SOURCE = v.pipe(
  v.string(`${SOURCE_FORM}, in quotes`),
  v.rawTransform(({ dataset: { value }, addIssue, NEVER }) => {
    const octets = scanAddress(value);
    if (octets !== undefined) return showAddress(octets);
    addIssue({ message: SOURCE_FORM });
    return NEVER;
  }),
);

const TABLE = inlineTable(
  {
    address: serverAddress(ADDRESS_FORM),
    key: v.optional(KEY_ENTRY),
    source: v.optional(SOURCE),
  },
  FORM,
);

const TARGET = v.pipe(
  TABLE,
  v.rawTransform(({ dataset: { value }, addIssue, NEVER }): WrittenNotify => {
    const { address, key, source } = value;
    if (source === undefined || familyOf(source) === familyOf(address.address))
      return { address, key, source };
    const message = `an address of the family of "${address.address}": nothing goes from the one to the other`;
    const path = {
      type: 'object',
      origin: 'value',
      input: { ...value },
      key: 'source',
      value: source,
    } as const;
    addIssue({ message, input: source, path: [path] });
    return NEVER;
  }),
);

function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}

/** For editors; `waypost check` knows more. */
const JSON_SCHEMA = {
  type: 'array',
  items: {
    type: 'object',
    properties: {
      address: {
        description: 'Where the secondary answers; port 53 unless another is given.',
        type: 'string',
        pattern: SERVER_ADDRESS_PATTERN,
      },
      key: {
        description: 'The key that both sign with: the name of a key of `[keys]`.',
        type: 'string',
        minLength: 1,
      },
      source: {
        description: 'The address of this machine to send from. Left out: the system chooses.',
        type: 'string',
        pattern: '^[0-9A-Fa-f.:]+$',
      },
    },
    required: ['address'],
    additionalProperties: false,
  },
};
