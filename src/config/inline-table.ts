import * as v from 'valibot';
import { suggestionFor } from '../base/suggest.ts';
import { isTable } from './kinds.ts';

/**
 * The schema of a table in a list, `form` showing one: what is wrong with each key is told, and of unknown keys which
 * was perhaps meant.
 */
export function inlineTable<const E extends v.ObjectEntries>(entries: E, form: string) {
  const table = v.object(entries, `a table such as ${form}`);
  const known = Object.keys(entries);
  return v.pipe(
    v.custom<Record<string, unknown>>(isTable, `a table such as ${form}`),
    v.rawTransform(({ dataset: { value: written }, addIssue, NEVER }) => {
      const unknown = Object.keys(written).filter((key) => !known.includes(key));
      for (const key of unknown) {
        const meant = suggestionFor(key, known);
        const message = meant === undefined ? `known here: ${known.join(', ')}` : `did you mean ${meant}?`;
        addIssue({
          message,
          path: [{ type: 'object', origin: 'key', input: written, key, value: written[key] }],
        });
      }
      const { typed: isWhole, output, issues = [] } = v.safeParse(table, written, { abortPipeEarly: true });
      for (const { message, input, path } of issues) {
        addIssue({ message, input, ...(path === undefined ? {} : { path }) });
      }
      return isWhole && unknown.length + issues.length === 0 ? output : NEVER;
    }),
  );
}

const KEY_FORM = 'the name of a key of [keys], in quotes';

/** The schema of an entry that names a key: text still, since which keys there are is said elsewhere. */
export const KEY_ENTRY = v.pipe(v.string(KEY_FORM), v.minLength(1, KEY_FORM));
