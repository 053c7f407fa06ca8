import { WaypostError } from '../base/errors.ts';

/** A file that should say where networks are and cannot be used; the message begins with its path. */
export class GeoSourceError extends WaypostError {
  readonly code = 'WP_GEO_SOURCE';
  readonly path: string;
  constructor(path: string, what: string, cause?: unknown) {
    super(`${path}: ${what}`, cause === undefined ? undefined : { cause });
    this.path = path;
  }
}

/** Compiled tables, kept from an earlier run, that cannot be used: compile the sources again. */
export class GeoTablesError extends WaypostError {
  readonly code = 'WP_GEO_TABLES';
}

/** What is wrong at one place of a text file. Lines and columns count from 1; columns count characters. */
export interface GeoFinding {
  readonly line: number;
  readonly column: number;
  readonly what: string;
}

/** A text file with bad lines: all of them at once, up to a bound. */
export class GeoLinesError extends WaypostError {
  readonly code = 'WP_GEO_LINES';
  readonly path: string;
  readonly findings: readonly GeoFinding[];
  constructor(path: string, findings: readonly GeoFinding[]) {
    super(showFindings(path, findings));
    this.path = path;
    this.findings = findings;
  }
}

/** Findings shown in a message; the rest are counted. */
const MAX_SHOWN = 50;

function showFindings(path: string, findings: readonly GeoFinding[]): string {
  const shown = findings
    .slice(0, MAX_SHOWN)
    .map(({ line, column, what }) => `${path}:${line}:${column}: ${what}`);
  if (findings.length > MAX_SHOWN) shown.push(`${path}: and ${findings.length - MAX_SHOWN} more`);
  return shown.join('\n');
}
