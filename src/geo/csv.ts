/** One field of a line. */
export interface CsvField {
  /** Without quotes, and without spaces around it. */
  readonly text: string;
  /** Counts characters from 1. */
  readonly column: number;
}

/**
 * Takes one line of comma-separated values apart (RFC 4180, without line breaks within fields). A field may stand in double
 * quotes, in which a double quote is written twice. Returns the column of a fault instead, with what it is.
 */
export function scanCsvLine(
  line: string,
): readonly CsvField[] | { readonly column: number; readonly what: string } {
  const fields: CsvField[] = [];
  let at = 0;
  for (;;) {
    while (line[at] === ' ' || line[at] === '\t') at++;
    const column = at + 1;
    if (line[at] === '"') {
      const { text, next } = quoted(line, at + 1);
      if (next === undefined) return { column, what: 'a double quote that does not end' };
      fields.push({ text, column });
      at = next;
      while (line[at] === ' ' || line[at] === '\t') at++;
      if (at < line.length && line[at] !== ',') {
        return { column: at + 1, what: `'${line[at]}' after a double quote; a comma should be there` };
      }
    } else {
      const comma = line.indexOf(',', at);
      const end = comma < 0 ? line.length : comma;
      fields.push({ text: line.slice(at, end).trimEnd(), column });
      at = end;
    }
    if (at >= line.length) return fields;
    at++;
  }
}

function quoted(line: string, from: number): { readonly text: string; readonly next: number | undefined } {
  let text = '';
  for (let at = from; at < line.length; at++) {
    if (line[at] !== '"') text += line[at];
    else if (line[at + 1] === '"') text += line[at++];
    else return { text, next: at + 1 };
  }
  return { text, next: undefined };
}
