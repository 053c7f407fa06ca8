import { type CsvField, scanCsvLine } from './csv.ts';
import { type GeoFinding, GeoLinesError } from './errors.ts';
import { FactWriter, type NameTable } from './facts.ts';
import type { Source } from './layer.ts';
import type { SourceFile } from './mmdb-source.ts';
import { rangesOf } from './network-layer.ts';
import { COLUMNS, type Column, scanHeader, scanNetworkLine } from './networks-line.ts';

/**
 * Reads `networks.csv`, the operator's own network address data: `prefix` and any of {@link COLUMNS}, as the first line names
 * them. Blank means unknown; the longest prefix wins. Lines that begin with `#` are comments.
 * Throws {@link GeoLinesError} with all bad lines, each with its line and column.
 */
export function readNetworks({ name, octets, number }: SourceFile, names: NameTable): Source {
  const findings: GeoFinding[] = [];
  const writer = new FactWriter(number, names);
  const networks = [];
  const lineOf = new Map<string, number>();
  let header: readonly Column[] | undefined;
  for (const [i, text] of textOf(octets).split('\n').entries()) {
    const line = i + 1;
    const report = (column: number, what: string) => findings.push({ line, column, what });
    const fields = fieldsOf(text, report);
    if (fields === undefined) continue;
    if (header === undefined) {
      header = scanHeader(fields, report);
      continue;
    }
    const scanned = scanNetworkLine(fields, header, report);
    if (scanned === undefined) continue;
    const { shown, network, facts } = scanned;
    const earlier = lineOf.get(shown);
    if (earlier !== undefined) report(1, `${shown} is in line ${earlier} already: make one line of both`);
    lineOf.set(shown, line);
    networks.push({ network, value: writer.add(facts) });
  }
  if (header === undefined && findings.length === 0) {
    findings.push({
      line: 1,
      column: 1,
      what: `there is no line that names the columns: ${COLUMNS.join(',')}`,
    });
  }
  if (findings.length > 0) throw new GeoLinesError(name, findings);
  return {
    note: { name, kind: 'networks', built: undefined, attribution: undefined },
    layer: { ipv4: rangesOf(networks, 32), ipv6: rangesOf(networks, 64), facts: writer.facts },
  };
}

function textOf(octets: Uint8Array): string {
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('utf8');
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

/** The fields of a line; `undefined` for a comment, a blank line and a line that is no CSV. */
function fieldsOf(
  text: string,
  report: (column: number, what: string) => void,
): readonly CsvField[] | undefined {
  const line = text.endsWith('\r') ? text.slice(0, -1) : text;
  if (line.trim() === '' || line.trimStart().startsWith('#')) return undefined;
  const fields = scanCsvLine(line);
  if (!('what' in fields)) return fields;
  report(fields.column, fields.what);
  return undefined;
}
