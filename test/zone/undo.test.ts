import { expect } from 'chai';
import { planUndo } from '../../src/zone/undo.ts';
import { memoryZone } from '../support/memory-zone.ts';
import { rr, showRecord } from '../support/rr.ts';

const SOA = '@ 3600 SOA ns1 hostmaster 9 7200 900 1209600 300';
const ZONE = `${SOA}
@    3600 NS ns1
ns1  60 A 192.0.2.53
www  60 A 192.0.2.1
www  60 A 192.0.2.2
mail 60 MX 1 Host`;

describe('zone/undo', () => {
  it('removes what came, adds what went, and leaves the SOA alone', () => {
    expect(plan(['www 60 A 192.0.2.9', soa(7)], ['www 60 A 192.0.2.1', soa(8)])).to.deep.equal([
      '- www.example.test. 60 A 192.0.2.1',
      '+ www.example.test. 60 A 192.0.2.9',
    ]);
  });

  it('gives back TTL and spelling', () => {
    expect(
      plan(['www 30 A 192.0.2.1', 'www 30 A 192.0.2.2'], ['www 60 A 192.0.2.1', 'www 60 A 192.0.2.2']),
    ).to.include('+ www.example.test. 30 A 192.0.2.1');
    expect(plan(['mail 60 MX 1 HOST'], ['mail 60 MX 1 Host'])).to.deep.equal([
      '- mail.example.test. 60 MX 1 Host.example.test.',
      '+ mail.example.test. 60 MX 1 HOST.example.test.',
    ]);
  });

  it('records that are no longer what the change made of them are conflicts, each told', () => {
    expect(
      plan(['www 60 A 192.0.2.2'], ['www 30 A 192.0.2.1', 'a 60 A 192.0.2.1', 'mail 60 MX 1 HOST']),
    ).to.deep.equal([
      'changed www.example.test. 30 A 192.0.2.1',
      'gone a.example.test. 60 A 192.0.2.1',
      'changed mail.example.test. 60 MX 1 HOST.example.test.',
      'back www.example.test. 60 A 192.0.2.2',
    ]);
  });

  it('a record does not come back among others with another TTL', () => {
    expect(plan(['www 30 A 192.0.2.9'], [])).to.deep.equal(['other-ttl www.example.test. 30 A 192.0.2.9']);
    expect(plan(['www 30 A 192.0.2.1'], ['www 60 A 192.0.2.1'])).to.deep.equal([
      'other-ttl www.example.test. 30 A 192.0.2.1',
    ]);
  });

  it('of the SOA all but the serial comes back, if it has not been changed since', () => {
    const other = (serial: number): string => soa(serial).replace(' 900 ', ' 600 ');
    expect(plan([other(7)], [soa(8)])).to.deep.equal([
      '+ example.test. 3600 SOA ns1.example.test. hostmaster.example.test. 9 7200 600 1209600 300',
    ]);
    expect(plan([soa(7)], [other(8)])).to.have.length(1);
    expect(plan([soa(7)], [other(8)])[0]).to.match(/^changed .* SOA /);
    expect(plan([soa(7)], [soa(8)])).to.deep.equal([]);
  });
});

function soa(serial: number): string {
  return SOA.replace(' 9 ', ` ${serial} `);
}

function plan(removed: readonly string[], added: readonly string[]): string[] {
  const change = { removed: removed.map((line) => rr(line)), added: added.map((line) => rr(line)) };
  const undo = planUndo(memoryZone('example.test', ZONE), change);
  if (undo.kind === 'conflicts')
    return undo.conflicts.map(({ kind, rr: one }) => `${kind} ${showRecord(one)}`);
  return [
    ...undo.removed.map((one) => `- ${showRecord(one)}`),
    ...undo.added.map((one) => `+ ${showRecord(one)}`),
  ];
}
