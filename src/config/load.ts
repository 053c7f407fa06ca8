import { dirname } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import * as v from 'valibot';
import { WaypostError } from '../base/errors.ts';
import { suggestionFor } from '../base/suggest.ts';
import { isTable, type TomlInput, type ValueKind } from './kinds.ts';
import { configuredNotifies } from './notify-rules.ts';
import { locateToml, type Position, type Positions, showPath, type TomlPath } from './positions.ts';
import { configuredSecondaries } from './secondary-rules.ts';
import { type Config, conflictsOf, SETTINGS } from './settings.ts';
import { configuredTransfers } from './transfer-rules.ts';
import { fieldName, type Row, type SettingNode, type SettingsTree, type TableNode, treeOf } from './tree.ts';
import { configuredUpdates } from './update-rules.ts';

/** One thing wrong with a configuration file. */
export interface Problem extends Position {
  /** What is wrong, what was expected, what to do. */
  readonly message: string;
}

/** A configuration file that cannot be used. Carries everything that is wrong with it, in the order of the file. */
export class ConfigError extends WaypostError {
  readonly code = 'WP_CONFIG';
  readonly problems: readonly Problem[];
  constructor(file: string, problems: readonly Problem[]) {
    super(problems.map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`).join('\n'));
    this.problems = problems;
  }
}

/**
 * Reads the text of a `waypost.toml`. `file` is its path: for the messages, and because paths in it are relative to its
 * directory. Reads no file itself. Throws {@link ConfigError} with all that is wrong.
 */
export function readConfig(text: string, file: string): Config {
  const config = readSettings(SETTINGS, text, file);
  const conflicts = [
    ...conflictsOf(config),
    ...configuredUpdates(config).problems,
    ...configuredSecondaries(config).problems,
    ...configuredNotifies(config).problems,
    ...configuredTransfers(config).problems,
  ];
  if (conflicts.length === 0) return config;
  const positions = locateToml(text);
  const problems = conflicts.map(({ path, message }) => ({ ...positions.valueAt(path), message }));
  throw new ConfigError(file, problems.toSorted(byPosition));
}

/** The configuration when there is no file, with paths relative to `directory`. */
export function defaultConfig(directory: string): Config {
  return readConfig('', `${directory}/waypost.toml`);
}

/** A row that can be read: what it is when the file says nothing must be known. */
export interface ReadableRow extends Row {
  readonly fallback: TomlInput;
}

/** Reads TOML text by a table of settings, each on its own; see {@link readConfig}. */
export function readSettings<const S extends ReadableRow>(
  settings: readonly S[],
  text: string,
  file: string,
): SettingsTree<S>;
// The implementation does not know the type: it is made of the rows, as the value is.
export function readSettings(settings: readonly ReadableRow[], text: string, file: string): unknown {
  const document = parseToml(text, file);
  const problems: Problem[] = [];
  const reader = new Reader(settings, locateToml(text), dirname(file), problems);
  const tree = reader.table(treeOf(settings), document, []);
  if (problems.length > 0) throw new ConfigError(file, problems.toSorted(byPosition));
  return tree;
}

function parseToml(text: string, file: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The library's text carries a picture of the line; the position says as much.
    const [first = ''] = error.message.replace(/^Invalid TOML document: /, '').split('\n');
    throw new ConfigError(file, [
      { line: error.line, column: error.column, message: `not valid TOML: ${first}` },
    ]);
  }
}

/** Walks a parsed document beside the tree of settings and notes what does not fit. */
class Reader {
  readonly #settings: readonly ReadableRow[];
  readonly #positions: Positions;
  readonly #directory: string;
  readonly #problems: Problem[];

  constructor(
    settings: readonly ReadableRow[],
    positions: Positions,
    directory: string,
    problems: Problem[],
  ) {
    this.#settings = settings;
    this.#positions = positions;
    this.#directory = directory;
    this.#problems = problems;
  }

  table(node: TableNode<ReadableRow>, written: Readonly<Record<string, unknown>>, path: TomlPath): object {
    const wildcard = node.children.get('*');
    const named = [...node.children.keys()].filter((key) => key !== '*');
    const extra = Object.keys(written).filter((key) => !named.includes(key));
    const fields: [string, unknown][] = [];
    for (const key of wildcard === undefined ? named : [...named, ...extra]) {
      const child = node.children.get(key) ?? wildcard;
      const value = Object.hasOwn(written, key) ? written[key] : undefined;
      const at = [...path, key];
      if (child?.kind === 'setting')
        fields.push([fieldOf(key, named), this.#value(child.setting, value, at)]);
      else if (child !== undefined) fields.push([fieldOf(key, named), this.#subtable(child, value, at)]);
    }
    if (wildcard === undefined) for (const key of extra) this.#unknown(key, node, path);
    return Object.freeze(Object.fromEntries(fields));
  }

  #subtable(node: TableNode<ReadableRow>, written: unknown, path: TomlPath): object {
    if (written === undefined || isTable(written)) return this.table(node, written ?? {}, path);
    const name = showPath(path);
    const received = holdsSecrets(node) ? 'no table' : showReceived(written);
    const header = node.children.has('*') ? `${name}."NAME"` : name;
    const message = `${name} is ${received}; expected a table: a line [${header}] with its settings below it`;
    this.#problems.push({ ...this.#positions.valueAt(path), message });
    return this.table(node, {}, path);
  }

  #value(setting: ReadableRow, written: unknown, path: TomlPath): unknown {
    const result = v.safeParse(setting.kind.schema(this.#directory), written ?? setting.fallback, {
      abortPipeEarly: true,
    });
    if (result.success) return freeze(result.output);
    for (const issue of result.issues) this.#problems.push(this.#problemOf(issue, setting.kind, path));
    return undefined;
  }

  /** One thing wrong with a value, or inside it when it is a list. */
  #problemOf(issue: v.BaseIssue<unknown>, { isSecret }: ValueKind<unknown>, path: TomlPath): Problem {
    const inside = (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)));
    const at = [...path, ...inside];
    const last = issue.path?.at(-1);
    // About a key of a table in a list: one that is not known, or one that is missing.
    if (last?.origin === 'key' && isTable(last.input) && Object.hasOwn(last.input, String(last.key))) {
      return { ...this.#positions.keyAt(at), message: `unknown setting ${showPath(at)}; ${issue.message}` };
    }
    if (last?.origin === 'key') {
      const table = at.slice(0, -1);
      const message = `${showPath(table)} has no ${String(last.key)}; expected ${issue.message}`;
      return { ...this.#positions.valueAt(table), message };
    }
    const received = isSecret === true ? 'wrong (it is not shown)' : showReceived(issue.input);
    return {
      ...this.#positions.valueAt(at),
      message: `${showPath(at)} is ${received}; expected ${issue.message}`,
    };
  }

  /** An unknown key: the nearest one of its own table, or else a known one that stands in another table. */
  #unknown(key: string, node: TableNode<ReadableRow>, path: TomlPath): void {
    const name = showPath([...path, key]);
    const here = suggestionFor(key, node.children.keys());
    const elsewhere = this.#settings.find((setting) => setting.key.split('.').at(-1) === key);
    let advice = `known here: ${[...node.children.keys()].join(', ')}`;
    if (here !== undefined && here !== '*') advice = `did you mean ${showPath([...path, here])}?`;
    else if (elsewhere !== undefined) advice = `did you mean ${elsewhere.key}? ${placeOf(elsewhere.key)}`;
    this.#problems.push({
      ...this.#positions.keyAt([...path, key]),
      message: `unknown setting ${name}; ${advice}`,
    });
  }
}

function placeOf(key: string): string {
  const table = key.split('.').slice(0, -1).join('.');
  return table === ''
    ? 'it belongs above the first [table] of the file'
    : `it belongs below a line [${table}]`;
}

/** Whether a slip below this table may be a secret in a wrong place. */
function holdsSecrets(node: SettingNode<ReadableRow>): boolean {
  if (node.kind === 'setting') return node.setting.kind.isSecret === true;
  return [...node.children.values()].some(holdsSecrets);
}

/** Keys that people choose keep their spelling. */
function fieldOf(key: string, named: readonly string[]): string {
  return named.includes(key) ? fieldName(key) : key;
}

function showReceived(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (value instanceof Date) return 'a date';
  if (isTable(value)) return 'a table';
  const shown = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return shown.length <= 60 ? shown : `${shown.slice(0, 57)}…`;
}

function freeze(value: unknown): unknown {
  // Octets cannot be frozen.
  if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) {
    for (const inside of Object.values(value)) freeze(inside);
    Object.freeze(value);
  }
  return value;
}

function byPosition(a: Position, b: Position): number {
  return a.line - b.line || a.column - b.column;
}
