import type { ValueKind } from './kinds.ts';

/** What a row of the table must have to be put into the tree. */
export interface Row {
  readonly key: string;
  readonly kind: ValueKind<unknown>;
}

/** A table of the configuration file as the rows describe it: its keys, each a setting or another table. */
export interface TableNode<S extends Row> {
  readonly kind: 'table';
  /** Where it stands; empty for the file itself. */
  readonly key: string;
  /** By key as it is written in the file; `*` is any key that is not named. */
  readonly children: ReadonlyMap<string, SettingNode<S>>;
}

/** A setting or a table. */
export type SettingNode<S extends Row> = TableNode<S> | { readonly kind: 'setting'; readonly setting: S };

/** Puts flat rows (`tcp.idle-timeout`) into the tables they stand in. */
export function treeOf<S extends Row>(rows: readonly S[]): TableNode<S> {
  return tableOf(
    '',
    rows.map((setting) => ({ path: setting.key.split('.'), setting })),
  );
}

/** The name a key of the file has in the program: `max-payload` is `maxPayload`. */
export function fieldName(key: string): string {
  return key.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function tableOf<S extends Row>(
  key: string,
  rows: readonly { path: readonly string[]; setting: S }[],
): TableNode<S> {
  const children = new Map<string, SettingNode<S>>();
  for (const { path, setting } of rows) {
    const [head = '', ...rest] = path;
    if (rest.length === 0) children.set(head, { kind: 'setting', setting });
    else if (!children.has(head)) {
      const inside = rows
        .filter((row) => row.path[0] === head)
        .map((row) => ({ path: row.path.slice(1), setting: row.setting }));
      children.set(head, tableOf(key === '' ? head : `${key}.${head}`, inside));
    }
  }
  return { kind: 'table', key, children };
}

// --- the same nesting as a type ---

/** The object that a table of settings is read into. */
export type SettingsTree<S extends Row> = {
  readonly [H in Head<S['key']> as FieldName<H>]: [Below<S, H>] extends [never]
    ? ValueOf<Extract<S, { readonly key: H }>>
    : SettingsTree<Below<S, H>>;
};

type Head<K extends string> = K extends `${infer H}.${string}` ? H : K;

/** The rows of table `H`, with their keys inside it. */
type Below<S extends Row, H extends string> = S extends { readonly key: `${H}.${infer Rest}` }
  ? { readonly key: Rest; readonly kind: S['kind'] }
  : never;

type ValueOf<S extends Row> = S['kind'] extends ValueKind<infer T> ? T : never;

/** {@link fieldName}; a `*` makes an index signature. */
type FieldName<K extends string> = K extends '*' ? string : Camel<K>;
type Camel<K extends string> = K extends `${infer A}-${infer B}` ? `${A}${Capitalize<Camel<B>>}` : K;
