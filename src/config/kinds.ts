import { resolve } from 'node:path';
import * as v from 'valibot';
import { type Endpoint, scanEndpoint, showEndpoint } from '../base/endpoint.ts';
import { type Secret, scanSecret } from './secret.ts';

/** What a setting may be written as in `waypost.toml`. */
export type TomlInput = string | number | boolean | readonly string[] | readonly TomlTable[];

/** A table in a list, as it may be written. */
export type TomlTable = Readonly<Record<string, string | boolean | readonly string[]>>;

/** Whether a parsed value is a table. */
export function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** The part of JSON Schema (draft 7) that describes one value. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * One kind of value: how it is checked and read, and how people and editors are told about it.
 * The messages of its schema complete the sentence "expected …".
 */
export interface ValueKind<T> {
  /** For the reference page: 'integer', 'text', … */
  readonly type: string;
  /** For the reference page: the values allowed, in words. */
  readonly range: string;
  readonly json: JsonSchema;
  /** Whether no error may show what was written. */
  readonly isSecret?: boolean;
  /** Checks a TOML value and gives what the program uses. `directory` is where the file stands. */
  schema(directory: string): v.GenericSchema<unknown, T>;
}

/** A whole number from `min` to `max`; `unit` in words, or empty. */
export function integer(min: number, max: number, unit: string): ValueKind<number> {
  const range = `${min} to ${max}${unit === '' ? '' : ` ${unit}`}`;
  const expected = `an integer from ${range}`;
  const schema = v.pipe(
    v.number(expected),
    v.integer(expected),
    v.minValue(min, expected),
    v.maxValue(max, expected),
  );
  return {
    type: 'integer',
    range,
    json: { type: 'integer', minimum: min, maximum: max },
    schema: () => schema,
  };
}

/** `true` or `false`. */
export function flag(): ValueKind<boolean> {
  const schema = v.boolean('true or false (without quotes)');
  return { type: 'boolean', range: '`true` or `false`', json: { type: 'boolean' }, schema: () => schema };
}

/** One of a few words. */
export function choice<const W extends readonly string[]>(words: W): ValueKind<W[number]> {
  const schema = v.picklist(words, `one of ${words.map((word) => `"${word}"`).join(', ')}`);
  return {
    type: 'text',
    range: `one of ${words.map((word) => `\`"${word}"\``).join(', ')}`,
    json: { enum: words },
    schema: () => schema,
  };
}

/** Text of at most `maxOctets` octets in UTF-8; may be empty. */
export function text(maxOctets: number): ValueKind<string> {
  const expected = `text of at most ${maxOctets} octets, in quotes`;
  const schema = v.pipe(
    v.string(expected),
    v.check((value) => Buffer.byteLength(value) <= maxOctets, expected),
  );
  return {
    type: 'text',
    range: `at most ${maxOctets} octets`,
    json: { type: 'string', maxLength: maxOctets },
    schema: () => schema,
  };
}

/** A directory; becomes an absolute path. It is not looked for here. */
export function directory(): ValueKind<string> {
  const expected = 'the path of a directory, in quotes';
  return {
    type: 'path',
    range: "a directory; relative to the configuration file's own",
    json: { type: 'string', minLength: 1 },
    schema: (base) =>
      v.pipe(
        v.string(expected),
        v.check((path) => path !== '' && !path.includes('\0'), expected),
        v.transform((path) => resolve(base, path)),
      ),
  };
}

/** A file; becomes an absolute path. Empty is none. It is not looked for here. */
export function file(): ValueKind<string> {
  const expected = 'the path of a file, in quotes';
  return {
    type: 'path',
    range: "a file; relative to the configuration file's own directory",
    json: { type: 'string' },
    schema: (base) =>
      v.pipe(
        v.string(expected),
        v.check((path) => !path.includes('\0'), expected),
        v.transform((path) => (path === '' ? '' : resolve(base, path))),
      ),
  };
}

/** Location databases: files, which become absolute paths, and {@link EMBEDDED_DATABASE}. They are not looked for here. */
export function databases(): ValueKind<readonly string[]> {
  const expected = 'a list of paths of databases, in quotes';
  const path = v.pipe(
    v.string('the path of a database, in quotes'),
    v.check((text) => text !== '' && !text.includes('\0'), 'the path of a database'),
  );
  return {
    type: 'list of text',
    range: `up to ${MAX_DATABASES} files, each once, relative to the configuration file's own directory; \`"${EMBEDDED_DATABASE}"\` is the one that comes with Waypost`,
    json: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      maxItems: MAX_DATABASES,
      uniqueItems: true,
    },
    schema: (base) =>
      v.pipe(
        v.array(path, expected),
        v.maxLength(MAX_DATABASES, `at most ${MAX_DATABASES} databases`),
        v.transform((paths) =>
          paths.map((text) => (text === EMBEDDED_DATABASE ? EMBEDDED_DATABASE : resolve(base, text))),
        ),
        v.rawCheck(({ dataset, addIssue }) => {
          if (!dataset.typed) return;
          const twice = dataset.value.find((file, i) => dataset.value.indexOf(file) < i);
          if (twice !== undefined)
            addIssue({ message: `every database once, but ${twice} stands there twice` });
        }),
      ),
  };
}

/** The word for the location database that comes with the program; a file of this name is `./embedded`. */
export const EMBEDDED_DATABASE = 'embedded';
/** With networks.csv these are all that the compiled tables can tell apart. */
const MAX_DATABASES = 14;

/** A secret in base64. Empty is none. */
export function secret(): ValueKind<Secret> {
  const expected = 'a secret in base64, in quotes, as waypost key makes it';
  const schema = v.pipe(
    v.string(expected),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const scanned = scanSecret(dataset.value);
      if (scanned !== undefined) return scanned;
      addIssue({ message: expected });
      return NEVER;
    }),
  );
  return {
    type: 'text',
    range: 'base64',
    json: { type: 'string', pattern: '^[A-Za-z0-9+/\\s]*={0,2}\\s*$' },
    isSecret: true,
    schema: () => schema,
  };
}

/** One or more different addresses with ports. */
export function endpoints(): ValueKind<readonly Endpoint[]> {
  const form = 'ADDR:PORT such as "192.0.2.53:53" or "[2001:db8::53]:53"';
  const schema = v.pipe(
    v.array(
      v.pipe(
        v.string(`${form}, in quotes`),
        v.rawTransform(({ dataset, addIssue, NEVER }) => {
          const endpoint = scanEndpoint(dataset.value);
          if (endpoint !== undefined) return endpoint;
          addIssue({ message: `${form}${hintFor(dataset.value)}` });
          return NEVER;
        }),
      ),
      `a list of ${form}`,
    ),
    v.minLength(1, 'at least one address'),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      const seen = new Set<string>();
      for (const endpoint of dataset.value) {
        const shown = showEndpoint(endpoint);
        if (endpoint.port !== 0 && seen.has(shown))
          addIssue({ message: `every address once, but ${shown} stands there twice` });
        seen.add(shown);
      }
    }),
  );
  return {
    type: 'list of text',
    range:
      'one or more IP addresses with ports, each once: `ADDR:PORT`, IPv6 in brackets; port 0 lets the system choose',
    json: {
      type: 'array',
      items: { type: 'string', pattern: '^(\\[[0-9A-Fa-f:.]+\\]|[0-9.]+):[0-9]{1,5}$' },
      minItems: 1,
      uniqueItems: true,
    },
    schema: () => schema,
  };
}

/** What to write instead, for the two slips people make with addresses. */
function hintFor(written: string): string {
  const cut = written.lastIndexOf(':');
  const unbracketed =
    cut === -1 ? undefined : scanEndpoint(`[${written.slice(0, cut)}]${written.slice(cut)}`);
  const meant = unbracketed ?? scanEndpoint(written, 53);
  if (meant !== undefined) return `; did you mean "${showEndpoint(meant)}"?`;
  return /[a-z]/i.test(written) && !written.includes('[') ? ' (an IP address, not a host name)' : '';
}
