import { expect } from 'chai';
import fc from 'fast-check';
import { composeMessage } from '../../src/message/compose.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { signRequest } from '../../src/message/tsig-signer.ts';
import { Rcode } from '../../src/wire/iana.ts';
import { DispatchedZone } from '../support/dispatching.ts';
import { holdsInTime } from '../support/fuzz.ts';
import { grant, rulesOf, updateMessage } from '../support/updating.ts';

const ZONE = [
  '@ 300 SOA ns1 hostmaster 5 7200 900 1209600 300',
  '@ 300 NS ns1',
  'ns1 300 A 192.0.2.53',
  'www 60 A 192.0.2.1',
  'www 60 A 192.0.2.2',
  '_steer.www 60 TXT "order=rotate min=1"',
  'alias 60 CNAME www',
];
const RULES = rulesOf(
  grant({ key: 'mon.', names: ['www'], action: 'judge', load: true }),
  grant({ key: 'deploy.', names: ['**'] }),
);
/** Everything that may be said of an UPDATE (RFC 2136 §2.2, RFC 8945, RFC 6891). */
const RCODES: ReadonlySet<number> = new Set([
  Rcode.NOERROR,
  Rcode.FORMERR,
  Rcode.NXDOMAIN,
  Rcode.NOTIMP,
  Rcode.REFUSED,
  Rcode.YXDOMAIN,
  Rcode.YXRRSET,
  Rcode.NXRRSET,
  Rcode.NOTAUTH,
  Rcode.NOTZONE,
  Rcode.BADVERS,
]);

const owner = fc.constantFrom('@', 'www', '_steer.www', 'alias', 'new', 'a.b.new', 'ns1');
const line = fc.oneof(
  fc.tuple(owner, fc.constantFrom('60 A 192.0.2.9', '60 TXT "x"', '60 CNAME www', '60 NS ns1', '60 MX 1 a')),
  fc.tuple(owner, fc.constantFrom('0 ANY A', '0 ANY ANY', '0 NONE A', '0 NONE ANY', '0 ANY NS', '0 ANY SOA')),
  fc.tuple(owner, fc.constantFrom('0 NONE A 192.0.2.1', '0 NONE NS ns1', '60 TXT "192.0.2.1 down by=mon."')),
);
const lines = fc.array(
  line.map((parts) => parts.join(' ')),
  { maxLength: 4 },
);
const message = fc
  .record({ prerequisites: lines, updates: lines })
  .map((parts) => composeMessage(updateMessage(parts)));
const damage = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('set'), at: fc.nat(300), octet: fc.nat(255) }),
    fc.record({ kind: fc.constant('cut'), at: fc.nat(300), octet: fc.constant(0) }),
    fc.record({ kind: fc.constant('insert'), at: fc.nat(300), octet: fc.nat(255) }),
  ),
  { maxLength: 4 },
);

describe('fuzz: UPDATE', () => {
  let zone: DispatchedZone;
  before(() => {
    zone = new DispatchedZone('example.test', ZONE, RULES);
  });
  after(() => zone.close());

  for (const [way, key] of [
    ['well signed by an editor', () => zone.key],
    ['well signed by a judge', () => zone.monitor],
    ['unsigned', () => undefined],
  ] as const) {
    it(`octets that are no update any more, ${way}, get the right RCODE or silence, and change nothing`, async function () {
      this.timeout(60_000);
      await holdsInTime(
        fc.asyncProperty(message, damage, async (whole, faults) => {
          const octets = faults.reduce(damaged, whole);
          const signer = key();
          zone.effects.now += 1;
          const sent = signer === undefined || octets.length < 12 ? octets : signed(octets, signer);
          await expectSane(sent, signer !== undefined);
        }),
      );
      await expectAlive();
    });
  }

  it('signed octets with any damage are never believed', async function () {
    this.timeout(60_000);
    await holdsInTime(
      fc.asyncProperty(message, damage, async (whole, faults) => {
        zone.effects.now += 1;
        const good = signed(whole, zone.key);
        const octets = faults.reduce(damaged, good);
        if (Buffer.compare(octets, good) === 0) return;
        // Everything but the message ID and the case of the key's name is under the signature.
        if (Buffer.compare(octets.subarray(2, whole.length), good.subarray(2, whole.length)) === 0) return;
        await expectSane(octets, false);
      }),
    );
    await expectAlive();
  });

  async function expectSane(octets: Uint8Array, mayChange: boolean): Promise<void> {
    const before = zone.serial;
    const replies = await zone.sendAny(octets);
    expect(replies.length).to.be.at.most(1);
    const [reply] = replies;
    if (reply === undefined) {
      expect(zone.serial).to.equal(before);
      return;
    }
    expect(reply.subarray(0, 2)).to.deep.equal(octets.slice(0, 2));
    expect((reply[2] ?? 0) & 0xf8).to.equal(0x80 | ((octets[2] ?? 0) & 0x78));
    const { rcode } = parseMessage(reply);
    expect(RCODES.has(rcode), `RCODE ${rcode}`).to.equal(true);
    if (rcode !== Rcode.NOERROR || !mayChange) expect(zone.serial).to.equal(before);
    expect(reply.length).to.be.at.most(Math.max(512, octets.length));
  }

  async function expectAlive(): Promise<void> {
    zone.effects.now += 1;
    const reply = await zone.ask(updateMessage({ updates: [`t${zone.effects.now} 60 A 192.0.2.9`] }), {
      key: zone.key,
    });
    expect(reply.rcode).to.equal('NOERROR');
    expect(zone.effects.lines.filter((text) => text.startsWith('error'))).to.deep.equal([]);
  }

  function signed(octets: Uint8Array, key: DispatchedZone['key']): Uint8Array {
    return signRequest(octets, key, zone.effects.now / 1000).octets;
  }
});

function damaged(
  octets: Uint8Array,
  { kind, at, octet }: { readonly kind: string; readonly at: number; readonly octet: number },
): Uint8Array {
  const place = at % (octets.length + 1);
  if (kind === 'cut') return octets.slice(0, place);
  const before = octets.subarray(0, place);
  return Uint8Array.from([...before, octet, ...octets.subarray(kind === 'set' ? place + 1 : place)]);
}
