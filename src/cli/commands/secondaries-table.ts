import type { SecondaryStatus } from '../../control/protocol.ts';
import { showTable } from '../terminal.ts';
import { showDuration } from './status-units.ts';

/** A table of secondaries, those that lack nothing included. */
export function showSecondaries(secondaries: readonly SecondaryStatus[]): string {
  const columns = [
    { title: 'zone' },
    { title: 'secondary' },
    { title: 'serial', align: 'right' as const },
    { title: 'lag', align: 'right' as const },
    { title: 'since', align: 'right' as const },
    { title: 'state' },
  ];
  return showTable(columns, secondaries.map(showRow));
}

function showRow({ zone, address, serial, standing, lag, ...rest }: SecondaryStatus): readonly string[] {
  const { behindSeconds, seenSecondsAgo, error } = rest;
  const seen = seenSecondsAgo === undefined ? 'never seen' : `seen ${showDuration(seenSecondsAgo)} ago`;
  const state = standing === 'unknown' ? seen : `${standing}, ${seen}`;
  return [
    zone,
    address,
    serial === undefined ? '?' : String(serial),
    standing === 'unknown' ? '?' : String(lag),
    behindSeconds === undefined ? '' : showDuration(behindSeconds),
    error === undefined ? state : `${state}; ${error}`,
  ];
}
