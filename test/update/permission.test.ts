import { expect } from 'chai';
import { scanAddress } from '../../src/base/ip.ts';
import { explainPermission, permitZone, viewOf } from '../../src/update/permission.ts';
import { RRType } from '../../src/wire/iana.ts';
import { name } from '../support/rr.ts';
import { decided, grant, rulesOf, smallZone, updateMessage } from '../support/updating.ts';

const zone = smallZone();
const rules = rulesOf(
  grant({ key: 'deploy.', names: ['**'] }),
  grant({ key: 'mon.', names: ['www'], action: 'judge' }),
  grant({ key: 'ci.', names: ['_acme-challenge.**'], types: ['TXT'] }),
  grant({ key: 'home.', names: ['home'], types: ['A', 'AAAA'], from: ['198.51.100.0/24'] }),
);

function send(key: string | undefined, ...updates: string[]): string {
  return decided(zone, rules, key, updateMessage({ updates })).join('\n');
}

describe('update permission', () => {
  it('no key, no update', () => {
    expect(send(undefined, 'www 60 A 192.0.2.9')).to.equal(
      'REFUSED: the update is not signed: sign it with a key that may change zone example.test',
    );
    expect(decided(zone, rules, undefined, updateMessage({ prerequisites: ['www 0 ANY ANY'] }))[0]).to.match(
      /^REFUSED/,
    );
  });

  it('a key without a rule is refused, and told where it has rules', () => {
    expect(send('who.', 'www 60 A 192.0.2.9')).to.equal(
      'REFUSED: key who. may not change zone example.test: no rule names it',
    );
  });

  it('a key of another zone is told so', () => {
    const refusal = permitZone(rules, { key: name('lab.'), address: undefined }, [name('lab.test')]);
    expect(refusal?.reason).to.equal(
      'key lab. may not change zone example.test: no rule names it; it has rules in lab.test',
    );
  });

  it('a key with the whole zone may change all of it', () => {
    expect(send('DEPLOY.', 'www 60 AAAA 2001:db8::1', '@ 60 MX 0 .')).to.match(/^\+ /);
  });

  it('a refusal says key, type, owner, and what the rules allow', () => {
    expect(send('ci.', 'www 60 A 192.0.2.9')).to.equal(
      'REFUSED: key ci. may not change A at www.example.test: rule 3 allows TXT at _acme-challenge.**',
    );
    expect(send('ci.', '_acme-challenge.www 60 A 192.0.2.9')).to.match(/^REFUSED/);
    expect(send('ci.', '_acme-challenge.www 60 TXT token')).to.match(/^\+ _acme-challenge.www/);
    expect(send('mon.', 'www 60 TXT token')).to.equal(
      'REFUSED: key mon. may not change TXT at www.example.test: rule 2 allows judging A CNAME AAAA at www',
    );
  });

  it('one record that is not allowed refuses the whole message', () => {
    expect(send('ci.', '_acme-challenge.www 60 TXT token', 'www 0 ANY A')).to.match(/^REFUSED/);
  });

  it('addresses narrow a grant', () => {
    const message = updateMessage({ updates: ['home 60 A 192.0.2.9'] });
    expect(decided(zone, rules, 'home.', message, { from: '198.51.100.7' })).to.have.length(1);
    expect(decided(zone, rules, 'home.', message, { from: '::ffff:198.51.100.7' })).to.have.length(1);
    expect(decided(zone, rules, 'home.', message, { from: '192.0.2.7' })).to.deep.equal([
      'REFUSED: key home. may not change zone example.test from here: rule 4 is for 198.51.100.0/24 only, not from 192.0.2.7',
    ]);
  });

  it('deleting a name needs a grant for every type it has', () => {
    const narrow = rulesOf(grant({ key: 'a.', names: ['www', 'ns1'], types: ['A'] }));
    const remove = (owner: string) =>
      decided(zone, narrow, 'a.', updateMessage({ updates: [`${owner} 0 ANY ANY`] }));
    expect(remove('ns1')).to.deep.equal(['- ns1.example.test. 300 A 192.0.2.53']);
    expect(remove('www')).to.deep.equal([
      'REFUSED: key a. may not change TXT at www.example.test: rule 1 allows A at www ns1',
    ]);
    expect(remove('ns2')[0]).to.match(/^REFUSED/);
  });

  it('deleting everything at the apex needs no grant for what stays', () => {
    const narrow = rulesOf(grant({ key: 'a.', names: ['@'], types: ['A'] }));
    const apex = smallZone('@ 60 A 192.0.2.1');
    expect(decided(apex, narrow, 'a.', updateMessage({ updates: ['@ 0 ANY ANY'] }))).to.have.length(1);
  });

  it('an edit grant for a name does not hold for its steering lines', () => {
    const narrow = rulesOf(grant({ key: 'a.', names: ['www'] }));
    const message = updateMessage({ updates: ['_steer.www 60 TXT order=rotate'] });
    expect(decided(zone, narrow, 'a.', message)[0]).to.match(/^REFUSED/);
  });

  it('who may edit sees the raw view, who may only judge the live one', () => {
    const view = (key: string | undefined, from = '198.51.100.7') =>
      viewOf(rules, { key: key === undefined ? undefined : name(key), address: scanAddress(from) });
    expect(view('deploy.')).to.equal('raw');
    expect(view('mon.')).to.equal('live');
    expect(view('home.')).to.equal('raw');
    expect(view('home.', '192.0.2.1')).to.equal('live');
    expect(view('who.')).to.equal('live');
    expect(view(undefined)).to.equal('live');
  });

  it('answers the dry question with the same words', () => {
    const may = (key: string, owner: string, type: number) =>
      explainPermission(rules, { key: name(key), address: undefined }, name(`${owner}.example.test`), type);
    expect(may('ci.', '_acme-challenge.www', RRType.TXT)).to.equal(
      'key ci. may edit TXT at _acme-challenge.www.example.test: rule 3',
    );
    expect(may('ci.', 'www', RRType.A)).to.equal(
      'key ci. may not change A at www.example.test: rule 3 allows TXT at _acme-challenge.**',
    );
    expect(may('mon.', 'www', RRType.A)).to.equal('key mon. may judge A at www.example.test: rule 2');
    expect(may('mon.', 'www', RRType.ANY)).to.equal('key mon. may judge ANY at www.example.test: rule 2');
    expect(may('home.', 'home', RRType.A)).to.equal(
      'key home. may edit A at home.example.test: rule 4, from 198.51.100.0/24 only',
    );
    expect(may('who.', 'www', RRType.A)).to.match(/no rule names it$/);
  });

  it('many rules are not all shown', () => {
    const many = rulesOf(...'abcde'.split('').map((label) => grant({ key: 'k.', names: [label] })));
    expect(
      explainPermission(many, { key: name('k.'), address: undefined }, name('x.example.test'), 1),
    ).to.equal(
      'key k. may not change A at x.example.test: rule 1 allows any type at a; rule 2 allows any type at b; rule 3 allows any type at c; and 2 more',
    );
  });
});
