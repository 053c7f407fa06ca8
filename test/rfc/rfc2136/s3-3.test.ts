import { expect } from 'chai';
import { decided, grant, rulesOf, smallZone, updateMessage } from '../../support/updating.ts';

const zone = smallZone();
const rules = rulesOf(grant({ key: 'deploy.', names: ['**'] }), grant({ key: 'a.', names: ['a'] }));

function send(key: string, prerequisites: string[], updates: string[]): string[] {
  return decided(zone, rules, key, updateMessage({ prerequisites, updates })).map((line) =>
    line.replace(/^([A-Z]+):.*/, '$1'),
  );
}

describe('RFC 2136 §3: a message as a whole', () => {
  it('RFC 2136 §3.3: who may change nothing in the zone learns nothing of it', () => {
    expect(send('who.', ['missing 0 ANY ANY'], [])).to.deep.equal(['REFUSED']);
  });

  it('RFC 2136 §3.2: prerequisites are looked at before the Update Section', () => {
    expect(send('a.', ['missing 0 ANY ANY'], ['www 60 A 192.0.2.9'])).to.deep.equal(['NXDOMAIN']);
    expect(send('deploy.', ['missing 0 ANY ANY'], ['www.other.test. 0 ANY A'])).to.deep.equal(['NXDOMAIN']);
  });

  it('RFC 2136 §3.4.1: the prescan comes before any record is permitted or made', () => {
    expect(send('a.', [], ['www 60 A 192.0.2.9', 'a.other.test. 0 ANY A'])).to.deep.equal(['NOTZONE']);
    expect(send('a.', [], ['a 60 A 192.0.2.9', 'a 60 ANY A'])).to.deep.equal(['FORMERR']);
  });

  it('RFC 2136 §3.3: what is not permitted is REFUSED, and nothing of the message is made', () => {
    expect(send('a.', [], ['a 60 A 192.0.2.9', 'www 60 A 192.0.2.9'])).to.deep.equal(['REFUSED']);
    expect(send('a.', [], ['a 60 A 192.0.2.9'])).to.deep.equal(['+ a.example.test. 60 A 192.0.2.9']);
  });

  it('RFC 2136 §2.4: prerequisites alone are a pure test', () => {
    expect(send('a.', ['www 0 ANY A'], [])).to.deep.equal([]);
    expect(send('a.', ['www 0 NONE A'], [])).to.deep.equal(['YXRRSET']);
    expect(send('a.', [], [])).to.deep.equal([]);
  });
});
