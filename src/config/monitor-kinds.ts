// Kinds of values that only monitor.toml has.
import * as v from 'valibot';
import { type Endpoint, scanEndpoint } from '../base/endpoint.ts';
import type { StatusRange } from '../monitor/probes/probe-options.ts';
import { scanStatusRange } from '../monitor/probes/status-range.ts';
import { scanMember, suggestedMember } from '../steer/member.ts';
import type { ValueKind } from './kinds.ts';
import { SERVER_ADDRESS_PATTERN, serverAddress } from './server-address.ts';

/** `kind`, or a word that stands for "as it is said elsewhere": then `undefined`. */
export function orWord<T>(kind: ValueKind<T>, word: string): ValueKind<T | undefined> {
  return {
    type: kind.type,
    range: `${kind.range}, or \`"${word}"\``,
    json: { anyOf: [kind.json, { const: word }] },
    schema: (directory) => {
      const said = kind.schema(directory);
      const unsaid = v.pipe(
        v.literal(word),
        v.transform(() => undefined),
      );
      return v.lazy((input): v.GenericSchema<unknown, T | undefined> => (input === word ? unsaid : said));
    },
  };
}

/** A list of text, each item of at most `maxOctets` octets; may be empty. */
export function texts(maxOctets: number, maxItems: number): ValueKind<readonly string[]> {
  const expected = `text of at most ${maxOctets} octets, in quotes`;
  const item = v.pipe(
    v.string(expected),
    v.check((value) => Buffer.byteLength(value) <= maxOctets, expected),
  );
  return listOf(item, {
    range: `up to ${maxItems}, each of at most ${maxOctets} octets`,
    expected: 'a list of text',
    maxItems,
    json: { type: 'string', maxLength: maxOctets },
  });
}

/** A number from `min` to `max`, whole or not. */
export function decimal(min: number, max: number): ValueKind<number> {
  const expected = `a number from ${min} to ${max}`;
  const schema = v.pipe(v.number(expected), v.minValue(min, expected), v.maxValue(max, expected));
  return {
    type: 'number',
    range: `${min} to ${max}`,
    json: { type: 'number', minimum: min, maximum: max },
    schema: () => schema,
  };
}

/** Some of a few words, each once. */
export function choices<const W extends readonly string[]>(words: W): ValueKind<readonly W[number][]> {
  const listed = words.map((word) => `"${word}"`).join(', ');
  const item = v.picklist(words, `one of ${listed}`);
  const schema = v.pipe(v.array(item, `a list of ${listed}`), v.minLength(1, `at least one of ${listed}`));
  return {
    type: 'list of text',
    range: `one or more of ${words.map((word) => `\`"${word}"\``).join(', ')}`,
    json: { type: 'array', items: { enum: words }, minItems: 1, uniqueItems: true },
    schema: () => schema,
  };
}

/** Statuses of HTTP, single or from one to another. */
export function statuses(): ValueKind<readonly StatusRange[]> {
  const form = 'a status such as "200", "200-299" or "3xx"';
  const item = v.pipe(
    v.string(`${form}, in quotes`),
    v.rawTransform(({ dataset: { value }, addIssue, NEVER }) => {
      const range = scanStatusRange(value);
      if (range !== undefined) return range;
      addIssue({ message: form });
      return NEVER;
    }),
  );
  return listOf(item, {
    range: 'one or more of `"200"`, `"200-299"`, `"3xx"`',
    expected: `a list: ${form}`,
    maxItems: 50,
    minItems: 1,
    json: { type: 'string', pattern: '^([1-5]xx|[1-5][0-9]{2}(-[1-5][0-9]{2})?)$' },
  });
}

/** DNS servers, the first one first; port 53 unless another is written. May be empty. */
export function servers(): ValueKind<readonly Endpoint[]> {
  const item = serverAddress('an IP address such as "192.0.2.53" or "[2001:db8::53]:5353"');
  return listOf(item, {
    range: 'up to 8 IP addresses, `ADDR` or `ADDR:PORT`, IPv6 with a port in brackets',
    expected: 'a list of IP addresses, in quotes',
    maxItems: 8,
    json: { type: 'string', pattern: SERVER_ADDRESS_PATTERN },
  });
}

/** Where to listen; empty is nowhere. */
export function listenAddress(): ValueKind<Endpoint | undefined> {
  const form = 'ADDR:PORT such as "127.0.0.1:8054"';
  const schema = v.pipe(
    v.string(`${form}, in quotes`),
    v.rawTransform(({ dataset: { value }, addIssue, NEVER }) => {
      if (value === '') return undefined;
      const endpoint = scanEndpoint(value);
      if (endpoint !== undefined) return endpoint;
      addIssue({ message: form });
      return NEVER;
    }),
  );
  return {
    type: 'text',
    range: '`ADDR:PORT`, IPv6 in brackets; port 0 lets the system choose; empty: nowhere',
    json: { type: 'string' },
    schema: () => schema,
  };
}

/** Members of a name: their data as the zone has it, each once, or the word `auto`. */
export function members(): ValueKind<readonly string[] | 'auto'> {
  const form = 'a member such as "192.0.2.1", "2001:db8::1" or "site1.example.test."';
  const item = v.pipe(
    v.string(`${form}, in quotes`),
    v.rawTransform(({ dataset: { value }, addIssue, NEVER }) => {
      const member = scanMember(value);
      if (member !== undefined) return member;
      const meant = suggestedMember(value);
      addIssue({ message: `${form}${meant === undefined ? '' : `; did you mean "${meant}"?`}` });
      return NEVER;
    }),
  );
  const list = v.pipe(
    v.array(item, `a list of members, or "auto"`),
    v.minLength(1, 'at least one member, or "auto"'),
    v.maxLength(MAX_MEMBERS, `at most ${MAX_MEMBERS} members`),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      const seen = new Set<string>();
      for (const text of dataset.value) {
        if (seen.has(text)) addIssue({ message: `every member once, but ${text} stands there twice` });
        seen.add(text);
      }
    }),
  );
  const auto = v.literal('auto');
  return {
    type: 'list of text, or text',
    range: 'IPv4 and IPv6 addresses, names (of CNAME records), each once; or `"auto"`',
    json: {
      anyOf: [
        { const: 'auto' },
        { type: 'array', items: { type: 'string' }, minItems: 1, uniqueItems: true },
      ],
    },
    schema: () =>
      v.lazy(
        (input): v.GenericSchema<unknown, readonly string[] | 'auto'> => (input === 'auto' ? auto : list),
      ),
  };
}

/** Listed members of one name; more belong under `auto`. */
const MAX_MEMBERS = 5000;

// --- helpers ---

interface ListForm {
  readonly range: string;
  /** Completes "expected …" for what is no list. */
  readonly expected: string;
  readonly minItems?: number;
  readonly maxItems: number;
  readonly json: Readonly<Record<string, unknown>>;
}

function listOf<T>(item: v.GenericSchema<unknown, T>, form: ListForm): ValueKind<readonly T[]> {
  const { range, expected, minItems = 0, maxItems, json } = form;
  const schema = v.pipe(
    v.array(item, expected),
    v.minLength(minItems, `at least ${minItems}`),
    v.maxLength(maxItems, `at most ${maxItems} of them`),
  );
  return {
    type: 'list of text',
    range,
    json: { type: 'array', items: json, ...(minItems === 0 ? {} : { minItems }), maxItems },
    schema: () => schema,
  };
}
