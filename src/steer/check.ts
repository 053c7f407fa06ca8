// Steering lines as a rule of the zone check: STEERING.md, head.
import { RRType } from '../wire/iana.ts';
import { type Finding, finding } from '../zone/finding.ts';
import { rrsetOf } from '../zone/owner.ts';
import type { Owner } from '../zone/record.ts';
import { isSteeringOwner, showLine } from '../zone/steering-owner.ts';
import { steeringLinesOf } from './lines.ts';
import { quote } from './words.ts';

/** What is wrong with the lines of those of `owners` that are `_steer.<owner>`: each with line and word. */
export function* checkSteering(owners: Iterable<Owner>): Iterable<Finding> {
  for (const owner of owners) if (isSteeringOwner(owner.name)) yield* checkLines(owner);
}

function* checkLines(owner: Owner): Iterable<Finding> {
  for (const { line, word, message } of steeringLinesOf(owner).faults) {
    const place = line === '' ? '' : `${quote(line)}${word === 0 ? '' : `, word ${word}`}: `;
    const found = finding('steering-line', owner.name, RRType.TXT, `${place}${message}`);
    const rdata = rrsetOf(owner, RRType.TXT)?.rdatas.find((one) => showLine(one) === line);
    yield rdata === undefined ? found : { ...found, rdata, word };
  }
}
