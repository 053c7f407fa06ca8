import { stringify } from 'smol-toml';
import type { JsonSchema, TomlInput, TomlTable } from './kinds.ts';
import type { Setting } from './settings.ts';
import { type SettingNode, treeOf } from './tree.ts';

/** The reference page of the settings, `docs/configuration.md`. */
export function showReference(settings: readonly Setting[]): string {
  return `${INTRODUCTION}
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

/** The JSON Schema (draft 7) of the file, `docs/waypost.schema.json`, for editors and linters. */
export function showJsonSchema(settings: readonly Setting[]): string {
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'waypost.toml',
    description: 'The configuration of the Waypost authoritative DNS server.',
    ...schemaOf(treeOf(settings)),
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

const INTRODUCTION = `# Configuration

<!-- Made from src/config/settings.ts by \`node dist/test/config/write-docs.js\`; a test holds it equal. -->

Waypost is configured by one [TOML](https://toml.io) file: \`waypost.toml\` in the working directory, or the one given
with \`-c FILE\`. Every setting has a default; without a file all of them hold. Paths in the file are relative to the
directory of the file. A setting that is not listed here is an error, so that a slip of the pen is not taken for the
default; all errors of a file are reported at once, with line and column. In the names below \`*\` stands for a name
that you choose: there may be many such tables, or none.

\`waypost check\` reads the file exactly as \`waypost serve\` does and says what is wrong. SIGHUP and \`waypost zone reload\`
take over \`[keys]\`, \`[geo]\` and the \`[zone]\` tables; the other settings hold from the next start on. Editors that know JSON Schema
(Even Better TOML, taplo) complete and check the file with [waypost.schema.json](waypost.schema.json):

\`\`\`toml
#:schema ./docs/waypost.schema.json
\`\`\`
`;

function showSetting(setting: Setting): string {
  const { key, kind, fallback, about, example, exampleName = 'ci.', exampleNeeds } = setting;
  const { tableName, name } = splitKey(key);
  const header = tableName === '' ? '' : `[${tableName.replace('*', JSON.stringify(exampleName))}]\n`;
  return `### \`${key}\`

${about}

| type | default | allowed |
|---|---|---|
| ${kind.type} | \`${showInput(fallback)}\` | ${kind.range} |

\`\`\`toml
${exampleNeeds === undefined ? '' : `${exampleNeeds}\n`}${header}${name} = ${showInput(example)}
\`\`\`
`;
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
