import { expect } from 'chai';
import { scanInstant } from '../../src/base/instant.ts';
import { lapseChange } from '../../src/steer/lapse.ts';
import { memoryZone } from '../support/memory-zone.ts';
import { name, showRecord } from '../support/rr.ts';

const NOW = scanInstant('2026-11-22T10:00:00Z') ?? 0;
const PAST = 'until=2026-11-22T10:00:00Z';
const FUTURE = 'until=2026-11-22T10:00:01Z';

/** What goes (-) and what comes (+). */
function lapse(...lines: string[]): string[] {
  const zone = memoryZone('example.test', lines.map((line) => `_steer.www 60 TXT ${line}`).join('\n'));
  const owner = zone.get(name('_steer.www.example.test')) ?? expect.fail('no lines');
  const { removed, added } = lapseChange(owner, NOW);
  const text = (sign: string) => (rr: (typeof removed)[number]) =>
    `${sign} ${showRecord(rr).replace('_steer.www.example.test. 60 TXT ', '')}`;
  return [...removed.map(text('-')), ...added.map(text('+'))];
}

describe('what lapses of steering lines (STEERING.md §2, §7)', () => {
  it('verdict lines whose until has come, and no others', () => {
    expect(
      lapse(
        '"order=rotate"',
        `"192.0.2.1 down by=a. ${PAST}"`,
        `"192.0.2.1 down by=b. ${FUTURE}"`,
        '"192.0.2.1 down by=c."',
      ),
    ).to.deep.equal([`- "192.0.2.1 down by=a. ${PAST}"`]);
  });

  it("of member lines the operator's word; the line goes when it says nothing more", () => {
    expect(lapse(`"192.0.2.1 state=out ${PAST} reason=disk"`)).to.deep.equal([
      `- "192.0.2.1 state=out ${PAST} reason=disk"`,
    ]);
    expect(
      lapse(`"192.0.2.1  weight=2 state=up ${PAST}" " backup"`, `"192.0.2.2 state=out ${FUTURE}"`),
    ).to.deep.equal([`- "192.0.2.1  weight=2 state=up ${PAST}" " backup"`, '+ "192.0.2.1 weight=2 backup"']);
  });

  it('a second verdict of one key too, and nothing of a line that cannot be read', () => {
    expect(
      lapse(
        `"192.0.2.1 down by=a. ${PAST}"`,
        `"192.0.2.1 down by=a. ${PAST} reason=x"`,
        `"192.0.2.1 dwon ${PAST}"`,
      ),
    ).to.have.length(2);
  });
});
