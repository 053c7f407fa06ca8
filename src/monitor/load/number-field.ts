// Finding a number in what a server or a program says.
import { LoadError } from '../errors.ts';

/**
 * The number at a dotted path in JSON: `load`, `stats.cpu.0`; the empty path is the whole. A number in quotes counts.
 * Throws {@link LoadError}: names the part of the path that is not there.
 */
export function numberAt(json: string, path: string): number {
  let value = parseJson(json);
  const parts = path === '' ? [] : path.split('.');
  for (const [i, part] of parts.entries()) {
    const inside = memberOf(value, part);
    if (inside === undefined) {
      throw new LoadError(`the JSON has no field '${parts.slice(0, i + 1).join('.')}'${hint(value)}`);
    }
    value = inside.value;
  }
  const found = typeof value === 'string' ? wholeNumber(value) : value;
  if (typeof found === 'number' && Number.isFinite(found)) return found;
  throw new LoadError(`field '${path}' of the JSON is not a number`);
}

/** The first number in a text, such as `0.35` in `0.35 0.40 0.38` or in `load: 0.35`. Throws {@link LoadError}. */
export function firstNumber(text: string): number {
  const [found] = NUMBER.exec(text) ?? [];
  const number = found === undefined ? Number.NaN : Number(found);
  if (Number.isFinite(number)) return number;
  throw new LoadError(text.trim() === '' ? 'nothing came, not a number' : 'there is no number in the text');
}

// --- helpers ---

/** Not in the middle of a word, such as the 1 of `load1`. */
const NUMBER = /(?<![\w.])[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?![\w])/;

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new LoadError('what came is not JSON', { cause });
  }
}

function memberOf(value: unknown, part: string): { readonly value: unknown } | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const found = Object.entries(value).find(([key]) => key === part);
  return found === undefined ? undefined : { value: found[1] };
}

function wholeNumber(text: string): number | undefined {
  const number = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(number) ? number : undefined;
}

/** What is there instead. */
function hint(value: unknown): string {
  if (typeof value !== 'object' || value === null) return '';
  const keys = Object.keys(value).slice(0, 8);
  return keys.length === 0 ? '' : `; there are: ${keys.join(', ')}`;
}
