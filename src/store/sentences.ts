import { showRdata, showType } from '../rdata/table.ts';
import { showName } from '../wire/name.ts';
import type { Finding } from '../zone/finding.ts';
import type { Conflict } from './change.ts';
import { composeOwnerKey } from './owner-key.ts';
import { findRecord } from './sorted-records.ts';
import type { ScannedZone } from './zone-file.ts';

/** Findings as sentences, those of the scan included, each with the place of the record meant or the owner's first. */
export function sayFindings(
  findings: Iterable<Finding>,
  scanned: ScannedZone,
  path: string,
): { warnings: string[]; errors: string[] } {
  const warnings = [...scanned.warnings];
  const errors: string[] = [];
  for (const finding of [...scanned.sorted.findings, ...findings]) {
    const list = finding.severity === 'error' ? errors : warnings;
    if (list.length > MAX_SAID) continue;
    if (list.length === MAX_SAID) {
      list.push(`${path}: more than ${MAX_SAID} ${finding.severity}s; the rest is left out`);
      continue;
    }
    const { apex } = scanned.sorted.records;
    const record =
      finding.rule === 'outside-zone'
        ? undefined
        : findRecord(scanned.sorted, composeOwnerKey(finding.owner, apex), finding.type, finding.rdata);
    const place = record === undefined ? path : scanned.placeOf(record, finding.word);
    list.push(`${place}: ${showName(finding.owner)}: ${finding.message} [${finding.rule}]`);
  }
  return { warnings, errors };
}

/** Records that a dynamic change and the file are at odds about, each as a sentence. */
export function sayConflicts(conflicts: readonly Conflict[], path: string): string[] {
  const said = conflicts.slice(0, MAX_SAID).map(({ kind, rr }) => {
    const record = `${showName(rr.owner)} ${rr.ttl} ${showType(rr.type)} ${showRdata(rr.type, rr.rdata)}`;
    return kind === 'gone'
      ? `${path}: no longer has ${record}, which a dynamic change had removed already`
      : `${path}: no longer has ${record}; a dynamic change had given it another TTL, it is removed all the same`;
  });
  const more = conflicts.length - said.length;
  return more === 0 ? said : [...said, `${path}: ${more} more records were changed dynamically`];
}

/** Findings and conflicts of one zone that are said one by one. */
const MAX_SAID = 100;
