import { expect } from 'chai';
import { findOption } from '../../src/message/edns.ts';
import { QueueFullError, StoreError } from '../../src/store/errors.ts';
import { SnapshotPool } from '../../src/store/zone-snapshot.ts';
import { EdnsOption } from '../../src/wire/iana.ts';
import { DispatchedZone } from '../support/dispatching.ts';
import { name } from '../support/rr.ts';
import { grant, rulesOf, updateMessage } from '../support/updating.ts';

const ZONE = [
  '@ 300 SOA ns1 hostmaster 5 7200 900 1209600 300',
  '@ 300 NS ns1',
  'ns1 300 A 192.0.2.53',
  'www 60 A 192.0.2.1',
  'www 60 A 192.0.2.2',
  '_steer.www 60 TXT "order=rotate"',
];
const RULES = rulesOf(
  grant({ key: 'mon.', names: ['www'], action: 'judge' }),
  grant({ key: 'deploy.', names: ['**'], types: ['A', 'CNAME', 'NS'] }),
);
const EDNS = { udpPayloadSize: 1232, version: 0, dnssecOk: false, options: [] };
const REST = { edns: EDNS };

describe('serve/update-handler', () => {
  let zone: DispatchedZone;
  beforeEach(() => {
    zone = new DispatchedZone('example.test', ZONE, RULES);
  });
  afterEach(() => zone.close());

  it('NOERROR comes when the change is stored and shown', async () => {
    const reply = await zone.ask(updateMessage({ updates: ['new 60 A 192.0.2.9'] }), { key: zone.key });
    expect(reply.rcode).to.equal('NOERROR');
    expect(zone.image.at('example.test.', 'new.example.test.')).to.deep.equal([
      'new.example.test. 60 A 192.0.2.9',
    ]);
    expect(zone.serial).to.equal(6);
  });

  it('the journal says which key changed it, and from where', async () => {
    await zone.ask(updateMessage({ updates: ['new 60 A 192.0.2.9'] }), { key: zone.key, from: '192.0.2.7' });
    const pool = new SnapshotPool(zone.path, 1);
    const [entry] = pool.open(name('example.test'))?.journal.entries() ?? [];
    expect(entry?.by).to.deep.equal({ kind: 'key', name: 'deploy.', address: '192.0.2.7' });
    pool.close();
  });

  it('waits until every query thread answers with it', async () => {
    let release = (): void => {};
    const slow = new DispatchedZone('example.test', ZONE, RULES, {
      published: () =>
        new Promise<void>((resolve) => {
          release = resolve;
        }),
    });
    let isReplied = false;
    const asked = slow.ask(updateMessage({ updates: ['new 60 A 192.0.2.9'] }), { key: slow.key }).then(() => {
      isReplied = true;
    });
    while (slow.serial === 5) await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(isReplied).to.equal(false);
    release();
    await asked;
    slow.close();
  });

  it('a duplicate and a prerequisite alone are NOERROR without a new serial', async () => {
    for (const parts of [{ updates: ['www 60 A 192.0.2.1'] }, { prerequisites: ['www 0 ANY A'] }]) {
      expect((await zone.ask(updateMessage(parts), { key: zone.key })).rcode).to.equal('NOERROR');
    }
    expect(zone.serial).to.equal(5);
  });

  it('an update without a key is REFUSED and does not come near the database', async () => {
    const closed = new DispatchedZone('example.test', ZONE, RULES, {
      queue: { submit: () => Promise.reject(new Error('submitted')) },
    });
    const reply = await closed.ask(updateMessage({ updates: ['new 60 A 192.0.2.9'], rest: REST }));
    expect([reply.rcode, reply.why]).to.deep.equal([
      'REFUSED',
      'the update is not signed: sign it with a key that may change zone example.test',
    ]);
    closed.close();
  });

  it('a refusal says why in EDE, and in one line of the log with key, client, zone and rule', async () => {
    const message = updateMessage({ updates: ['new 60 MX 5 mail'], rest: REST });
    const reply = await zone.ask(message, { key: zone.key, from: '192.0.2.7' });
    const reason = 'key deploy. may not change MX at new.example.test: rule 2 allows A CNAME NS at **';
    expect([reply.rcode, reply.why]).to.deep.equal(['REFUSED', reason]);
    expect(zone.effects.lines).to.deep.equal(['warn update: refused']);
    expect(zone.effects.fields).to.deep.equal([
      { key: 'deploy.', client: '192.0.2.7 port 5353', zone: 'example.test.', rcode: 'REFUSED', reason },
    ]);
  });

  it('RFC 6891 §7: without EDNS in the request there is none in the reply', async () => {
    const reply = await zone.ask(updateMessage({ updates: ['new 60 MX 5 mail'] }), { key: zone.key });
    expect([reply.rcode, reply.message.edns]).to.deep.equal(['REFUSED', undefined]);
  });

  it('what would make the zone unservable is REFUSED with the text of the rule', async () => {
    const message = updateMessage({ updates: ['sub 60 NS ns.sub'], rest: REST });
    const reply = await zone.ask(message, { key: zone.key });
    expect(reply.rcode).to.equal('REFUSED');
    expect(reply.why).to.match(/^sub\.example\.test\.: NS ns\.sub\.example\.test/);
    expect(zone.serial).to.equal(5);
  });

  it('what would be too large for any answer is REFUSED', async () => {
    const many = Array.from({ length: 4090 }, (_, i) => `www 60 A 10.0.${i >> 8}.${i & 255}`);
    const large = new DispatchedZone('example.test', [...ZONE.slice(0, 3), ...many], RULES);
    for (const [added, rcode] of [
      [2, 'NOERROR'],
      [2, 'REFUSED'],
    ] as const) {
      const updates = Array.from(
        { length: added },
        (_, i) => `www 60 A 192.0.2.${i + (rcode === 'REFUSED' ? 100 : 0)}`,
      );
      const reply = await large.ask(updateMessage({ updates, rest: REST }), { key: large.key });
      expect(reply.rcode).to.equal(rcode);
      if (rcode === 'REFUSED')
        expect(reply.why).to.match(/^www\.example\.test\.: 4094 A records need 65538 octets/);
    }
    large.close();
  });

  it('a zone that is not here is NOTAUTH, and zone "." says what to tell the client', async () => {
    const other = await zone.ask(updateMessage({ zone: 'other.test', rest: REST }), { key: zone.key });
    expect(other.rcode).to.equal('NOTAUTH');
    const root = await zone.ask(updateMessage({ zone: '.', rest: REST }), { key: zone.key });
    expect([root.rcode, root.why]).to.deep.equal([
      'NOTAUTH',
      "the zone section says '.', which is not served here: tell the client which zone to change (nsupdate: 'zone NAME', external-dns: --rfc2136-zone)",
    ]);
  });

  it('a zone that is another server’s to change is REFUSED with where to send it', async () => {
    const secondary = new DispatchedZone('example.test', ZONE, RULES, {
      foreign: () => 'this server is a secondary: send updates to 192.0.2.1',
    });
    const reply = await secondary.ask(updateMessage({ rest: REST }), { key: secondary.key });
    expect([reply.rcode, reply.why]).to.deep.equal([
      'REFUSED',
      'this server is a secondary: send updates to 192.0.2.1',
    ]);
    secondary.close();
  });

  it('trouble with the database is SERVFAIL; the log says what, the client does not learn where', async () => {
    const full = new DispatchedZone('example.test', ZONE, RULES, {
      queue: { submit: () => Promise.reject(new StoreError('full', '/data/waypost.db cannot grow')) },
    });
    const reply = await full.ask(updateMessage({ rest: REST }), { key: full.key });
    expect([reply.rcode, reply.why]).to.deep.equal([
      'SERVFAIL',
      "the change could not be stored; the server's log says why",
    ]);
    expect(full.effects.lines).to.include('error update: not stored');
    expect(full.effects.fields[0]).to.deep.equal({
      zone: 'example.test.',
      error: '/data/waypost.db cannot grow',
    });
    full.close();
  });

  it('more waiting updates than there is room for are SERVFAIL at once', async () => {
    const busy = new DispatchedZone('example.test', ZONE, RULES, {
      queue: { submit: () => Promise.reject(new QueueFullError(1024)) },
    });
    const reply = await busy.ask(updateMessage({ rest: REST }), { key: busy.key });
    expect(reply.rcode).to.equal('SERVFAIL');
    expect(reply.why).to.match(/^1024 changes are waiting/);
    busy.close();
  });

  it('RFC 9664 §4: the lease that a verdict got is granted in the reply', async () => {
    const lease = { code: EdnsOption.UPDATE_LEASE, data: Uint8Array.of(0, 0, 0, 60) };
    const message = updateMessage({
      updates: ['www 0 NONE A 192.0.2.1'],
      rest: { edns: { ...EDNS, options: [lease] } },
    });
    const reply = await zone.ask(message, { key: zone.monitor });
    expect(reply.rcode).to.equal('NOERROR');
    expect(findOption(reply.message.edns, EdnsOption.UPDATE_LEASE)?.data).to.deep.equal(
      Uint8Array.of(0, 0, 0, 60),
    );
    expect(zone.image.at('example.test.', '_steer.www.example.test.').join('\n')).to.contain(
      '192.0.2.1 down by=mon. since=2026-11-22T10:00:00Z until=2026-11-22T10:01:00Z',
    );
  });

  it('a message of 64 KiB is one change', async () => {
    const updates = Array.from({ length: 2000 }, (_, i) => `h${i} 60 A 192.0.2.${i % 256}`);
    const reply = await zone.ask(updateMessage({ updates }), { key: zone.key, overTcp: true });
    expect([reply.rcode, zone.serial]).to.deep.equal(['NOERROR', 6]);
    expect(zone.image.at('example.test.', 'h1999.example.test.')).to.have.length(1);
  });
});
