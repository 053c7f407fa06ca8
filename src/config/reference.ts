import { stringify } from 'smol-toml';
import type { JsonSchema, TomlInput, TomlTable } from './kinds.ts';
import type { Setting, SettingsFile } from './setting.ts';
import { type SettingNode, treeOf } from './tree.ts';

/** The reference page of a configuration file, such as `docs/configuration.md`. */
export function showReference({ introduction, settings }: SettingsFile): string {
  return `${introduction}
## A file with every setting at its default

\`\`\`toml
${showFile(settings)}\`\`\`

## The settings

${settings.map(showSetting).join('\n')}`;
}

/** A configuration file that gives every setting its default; those of tables with names people choose are left out. */
export function showFile(settings: readonly Setting[]): string {
  let table = '';
  let file = '';
  for (const { key, fallback } of settings) {
    const { tableName, name } = splitKey(key);
    if (tableName.includes('*')) continue;
    if (tableName !== table) file += `\n[${tableName}]\n`;
    table = tableName;
    file += stringify({ [name]: fallback });
  }
  return file;
}

/** The JSON Schema (draft 7) of a file, such as `docs/waypost.schema.json`, for editors and linters. */
export function showJsonSchema({ name, description, settings }: SettingsFile): string {
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: name,
    description,
    ...schemaOf(treeOf(settings)),
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

function showSetting(setting: Setting): string {
  const { key, kind, fallback, about, example, exampleNeeds, exampleBeside = '' } = setting;
  const path = examplePath(setting);
  const name = path.at(-1) ?? '';
  const header = path.length === 1 ? '' : `[${path.slice(0, -1).join('.')}]\n`;
  return `### \`${key}\`

${about}

| type | default | allowed |
|---|---|---|
| ${kind.type} | \`${showInput(fallback)}\` | ${kind.range} |

\`\`\`toml
${exampleNeeds === undefined ? '' : `${exampleNeeds}\n`}${header}${exampleBeside}${name} = ${showInput(example)}
\`\`\`
`;
}

/** The parts of the key as the example writes them. */
function examplePath({ key, exampleName = 'ci.' }: Setting): readonly string[] {
  const names = typeof exampleName === 'string' ? [exampleName] : [...exampleName];
  return key.split('.').map((part) => {
    if (part !== '*') return part;
    const name = names.shift() ?? '';
    return /^[A-Za-z0-9_-]+$/.test(name) ? name : JSON.stringify(name);
  });
}

/** A value as it is written in TOML, tables in a list each on a line of their own. */
function showInput(value: TomlInput): string {
  if (isTableList(value)) return `[\n${value.map((table) => `  ${showTable(table)},\n`).join('')}]`;
  return stringify({ value })
    .replace(/^value = /, '')
    .trimEnd();
}

function isTableList(value: TomlInput): value is readonly TomlTable[] {
  return Array.isArray(value) && typeof value[0] === 'object';
}

function showTable(table: TomlTable): string {
  const pairs = Object.entries(table).map(([key, value]) => `${key} = ${showInput(value)}`);
  return `{ ${pairs.join(', ')} }`;
}

function splitKey(key: string): { readonly tableName: string; readonly name: string } {
  const dot = key.lastIndexOf('.');
  return { tableName: key.slice(0, Math.max(0, dot)), name: key.slice(dot + 1) };
}

function schemaOf(node: SettingNode<Setting>): JsonSchema {
  if (node.kind === 'setting') {
    const { kind, fallback, about, example } = node.setting;
    return { description: about, ...kind.json, default: fallback, examples: [example] };
  }
  const properties: Record<string, JsonSchema> = {};
  let others: JsonSchema | false = false;
  for (const [key, child] of node.children) {
    if (key === '*') others = schemaOf(child);
    else properties[key] = schemaOf(child);
  }
  return { type: 'object', properties, additionalProperties: others };
}
