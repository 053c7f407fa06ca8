import { parse } from 'smol-toml';

/** A place in a text file; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Keys from the top of the file to a value; numbers are places in arrays. */
export type TomlPath = readonly (string | number)[];

/** A path as it is written in the file: `zone."example.test".update[0]`. */
export function showPath(path: TomlPath): string {
  let shown = '';
  for (const part of path) {
    if (typeof part === 'number') shown += `[${part}]`;
    else shown += `${shown === '' ? '' : '.'}${/^[A-Za-z0-9_-]+$/.test(part) ? part : JSON.stringify(part)}`;
  }
  return shown;
}

/** Where the keys and values of a TOML document stand; the parser itself does not tell. */
export interface Positions {
  /** Where the key (or the header of the table) is written; the start of the file when it is not. */
  keyAt(path: TomlPath): Position;
  /** Where the value is written; for a table, where its key is. */
  valueAt(path: TomlPath): Position;
}

/** Finds all keys and values of `text`, which must be valid TOML (v1.0 or v1.1). */
export function locateToml(text: string): Positions {
  const keys = new Map<string, number>();
  const values = new Map<string, number>();
  new Walker(text, keys, values).walk();
  const position = (offset: number): Position => {
    const lines = text.slice(0, offset).split('\n');
    return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
  };
  const keyAt = (path: TomlPath): Position => position(keys.get(JSON.stringify(path)) ?? 0);
  return {
    keyAt,
    valueAt: (path) => {
      const offset = values.get(JSON.stringify(path));
      return offset === undefined ? keyAt(path) : position(offset);
    },
  };
}

/** One pass over a valid document. It knows just enough of TOML to tell keys, values and comments apart. */
class Walker {
  readonly #text: string;
  readonly #keys: Map<string, number>;
  readonly #values: Map<string, number>;
  /** How many elements each array of tables has so far. */
  readonly #lengths = new Map<string, number>();
  #at = 0;

  constructor(text: string, keys: Map<string, number>, values: Map<string, number>) {
    this.#text = text;
    this.#keys = keys;
    this.#values = values;
  }

  walk(): void {
    let table: TomlPath = [];
    if (this.#text.startsWith('\uFEFF')) this.#at++;
    for (this.#blank(); this.#at < this.#text.length; this.#blank()) {
      if (this.#text[this.#at] === '[') table = this.#header();
      else this.#pair(table);
    }
  }

  /** `[a.b]` or `[[a.b]]`; returns the table that the following keys belong to. */
  #header(): TomlPath {
    const ofArray = this.#text.startsWith('[[', this.#at);
    this.#at += ofArray ? 2 : 1;
    const start = this.#skipSpace();
    const written = this.#key([]);
    let path: TomlPath = [];
    for (const [i, part] of written.entries()) {
      path = [...path, part];
      const name = JSON.stringify(path);
      const length = this.#lengths.get(name);
      if (ofArray && i === written.length - 1) {
        this.#lengths.set(name, (length ?? 0) + 1);
        path = [...path, length ?? 0];
        this.#keys.set(JSON.stringify(path), start);
      } else if (length !== undefined) path = [...path, length - 1];
    }
    this.#at += ofArray ? 2 : 1;
    return path;
  }

  #pair(table: TomlPath): void {
    const path = [...table, ...this.#key(table)];
    this.#at++; // '='
    this.#blank();
    this.#value(path);
  }

  /** A dotted key up to its `=` or `]`. Notes where it and each table it opens is written first. */
  #key(table: TomlPath): string[] {
    const start = this.#skipSpace();
    const parts: string[] = [];
    for (;;) {
      this.#skipSpace();
      const from = this.#at;
      const quote = this.#text[from];
      if (quote === '"' || quote === "'") {
        this.#string();
        const [name = ''] = Object.keys(parse(`${this.#text.slice(from, this.#at)} = 0`));
        parts.push(name);
      } else {
        this.#at = this.#next(/[^A-Za-z0-9_-]/g);
        parts.push(this.#text.slice(from, this.#at));
      }
      const name = JSON.stringify([...table, ...parts]);
      if (!this.#keys.has(name)) this.#keys.set(name, start);
      if (this.#text[this.#skipSpace()] !== '.') return parts;
      this.#at++;
    }
  }

  #value(path: TomlPath): void {
    this.#values.set(JSON.stringify(path), this.#at);
    const first = this.#text[this.#at];
    if (first === '[') this.#items(']', (i) => this.#value([...path, i]));
    else if (first === '{') this.#items('}', () => this.#pair(path));
    else if (first === '"' || first === "'") this.#string();
    else this.#at = this.#next(/[,\]}#\r\n]/g);
  }

  #items(close: string, item: (i: number) => void): void {
    this.#at++;
    for (let i = 0; ; i++) {
      this.#blank();
      if (this.#at >= this.#text.length || this.#text[this.#at] === close) break;
      item(i);
      this.#blank();
      if (this.#text[this.#at] === ',') this.#at++;
    }
    this.#at++;
  }

  #string(): void {
    const quote = this.#text[this.#at] ?? '';
    const fence = this.#text.startsWith(quote.repeat(3), this.#at) ? quote.repeat(3) : quote;
    this.#at += fence.length;
    while (this.#at < this.#text.length && !this.#text.startsWith(fence, this.#at)) {
      this.#at += quote === '"' && this.#text[this.#at] === '\\' ? 2 : 1;
    }
    this.#at += fence.length;
    // A multi-line string may end in up to two quotes of its own before the closing three.
    while (fence.length === 3 && this.#text[this.#at] === quote) this.#at++;
  }

  /** Skips spaces, line ends and comments. */
  #blank(): void {
    for (;;) {
      this.#at = this.#next(/[^ \t\r\n]/g);
      if (this.#text[this.#at] !== '#') return;
      this.#at = this.#next(/\n/g);
    }
  }

  #skipSpace(): number {
    this.#at = this.#next(/[^ \t]/g);
    return this.#at;
  }

  /** Where the next character of a kind is, or the end. */
  #next(kind: RegExp): number {
    kind.lastIndex = this.#at;
    return kind.exec(this.#text)?.index ?? this.#text.length;
  }
}
