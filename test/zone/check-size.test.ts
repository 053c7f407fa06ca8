import { expect } from 'chai';
import { composeMessage } from '../../src/message/compose.ts';
import { makeQuery } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { RRClass, RRType } from '../../src/wire/iana.ts';
import { checkOwners, checkZone } from '../../src/zone/check.ts';
import { answerInProcess } from '../support/in-process.ts';
import { type MemoryZone, memoryZone } from '../support/memory-zone.ts';
import { name } from '../support/rr.ts';
import { scanScenario } from '../support/scenario.ts';

/** A zone with so many of these records at one name; `$` is the number of each. */
function zoneOf(count: number, record: string, more = ''): MemoryZone {
  const text = `@ SOA ns1 h 1 1 1 1 1\n@ NS ns1\nns1 A 192.0.2.53\n$GENERATE 1000-${999 + count} www ${record}\n${more}`;
  return memoryZone('example.test', text);
}

const rulesIn = (zone: MemoryZone) => [...checkZone(zone)].map(({ rule }) => rule);

describe('zone/check-size', () => {
  // 12 octets of header, 18 of name, 4 of type and class; each AAAA record has 28.
  const MOST = Math.floor((65_535 - 34) / 28);

  it('RFC 1035 §4.2.2: what a message can hold is fine, one more is not', () => {
    expect(rulesIn(zoneOf(MOST, 'AAAA 2001:db8::$'))).to.deep.equal([]);
    const [found, ...more] = checkZone(zoneOf(MOST + 1, 'AAAA 2001:db8::$'));
    expect(found?.message).to.equal(
      "2340 AAAA records need 65554 octets in an answer, which has 65535 at most: divide them among several names, or steer the name with 'take='",
    );
    expect(more).to.deep.equal([]);
  });

  it('what is fine is answered whole over TCP', () => {
    const records = Array.from({ length: MOST }, (_, i) => `  www 60 AAAA 2001:db8::${1000 + i}`);
    const text = `# large\nzone example.test\n  @ 60 SOA ns1 h 1 1 1 1 1\n  @ 60 NS ns1.example\n${records.join('\n')}\n`;
    const { ask } = answerInProcess(scanScenario('large', text));
    const question = { name: name('www.example.test'), type: RRType.AAAA, class: RRClass.IN };
    const reply = parseMessage(
      ask(composeMessage(makeQuery(1, question)), true, undefined) ?? new Uint8Array(0),
    );
    expect([reply.flags.tc, reply.answers.length]).to.deep.equal([false, MOST]);
  });

  it('finds it at a changed owner too', () => {
    const zone = zoneOf(MOST + 1, 'AAAA 2001:db8::$');
    expect([...checkOwners(zone, [name('www.example.test')])].map(({ rule }) => rule)).to.deep.equal([
      'rrset-too-large',
    ]);
  });

  it('looks at every type; of names it takes it that they are compressed', () => {
    expect(rulesIn(zoneOf(300, `TXT "${'x'.repeat(240)}$"`))).to.deep.equal(['rrset-too-large']);
    expect(rulesIn(zoneOf(3000, 'MX 10 a-name-of-some-length-$.example.'))).to.deep.equal([]);
    expect(rulesIn(zoneOf(4200, 'MX 10 n$.example.'))).to.deep.equal(['rrset-too-large']);
  });

  it('not at steered RRsets, of which an answer may hold a few, nor at their lines', () => {
    const steered = '_steer.www TXT "take=8"\n$GENERATE 1000-4999 _steer.www TXT "2001:db8::$ backup"';
    expect(rulesIn(zoneOf(3000, 'AAAA 2001:db8::$', steered))).to.deep.equal([]);
    expect(rulesIn(zoneOf(300, `TXT "${'x'.repeat(240)}$"`, steered))).to.deep.equal(['rrset-too-large']);
  });
});
