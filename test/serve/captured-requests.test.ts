// What real clients sent, through a whole server whose clock stands where theirs was.
import { expect } from 'chai';
import { parseMessage } from '../../src/message/parse.ts';
import { TsigKeyRing } from '../../src/message/tsig-key.ts';
import { parseTsig } from '../../src/message/tsig-record.ts';
import { TsigReplyVerifier } from '../../src/message/tsig-reply.ts';
import { scanNamePattern } from '../../src/update/name-pattern.ts';
import { showRcode } from '../../src/wire/iana.ts';
import {
  ACME,
  ANSIBLE,
  CAPTURED_REQUESTS,
  type CapturedRequest,
  KEA_ADD,
  KEA_REMOVE,
  KNSUPDATE,
  NSUPDATE,
  OPNSENSE,
} from '../support/captured-requests.ts';
import { DispatchedZone } from '../support/dispatching.ts';
import { name } from '../support/rr.ts';
import { tsigKey } from '../support/tsig.ts';

const APEX = 'example.com';
const BASE = [
  '@ 300 SOA ns1 hostmaster 5 7200 900 1209600 300',
  '@ 300 NS ns1',
  'ns1 300 A 192.0.2.53',
  'www 300 A 192.0.2.1',
  'old 300 A 192.0.2.7',
  'old 300 TXT keep',
  'gone 300 A 192.0.2.8',
];
const DHCID = 'laptop 3600 DHCID AAABqrvM3e7/ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJk=';
const ALGORITHMS = Object.fromEntries(CAPTURED_REQUESTS.map(({ key, algorithm }) => [key, algorithm]));
const KEYS = Object.entries(ALGORITHMS).map(([key, word]) => tsigKey(key, word));

describe('requests of real clients, through the dispatcher', () => {
  let zone: DispatchedZone;
  afterEach(() => zone?.close());

  /** A server of BASE and `more`, at the time of the request. */
  function serve(request: CapturedRequest, more: readonly string[] = []): void {
    const pattern = scanNamePattern('**', name(APEX));
    const grants = KEYS.map((key) => ({
      key: key.name,
      names: [pattern],
      types: undefined,
      action: 'edit' as const,
      load: false,
      from: undefined,
    }));
    const ring = new TsigKeyRing(KEYS);
    zone = new DispatchedZone(APEX, [...BASE, ...more], { apex: name(APEX), grants }, { keys: () => ring });
    zone.effects.now = tsigOf(request.octets).timeSigned * 1000;
  }

  /** Sends it; the reply's RCODE. Its signature must be good for the client. */
  async function send({ octets, key, algorithm }: CapturedRequest, overTcp = false): Promise<string> {
    const reply = await zone.send(octets, { overTcp });
    const verifier = new TsigReplyVerifier(tsigKey(key, algorithm), tsigOf(octets).mac);
    const message = parseMessage(reply);
    expect(verifier.verify(reply, message, zone.effects.now / 1000).kind).to.equal('good');
    expect(message.id).to.equal(new DataView(octets.buffer, octets.byteOffset).getUint16(0));
    return showRcode(message.rcode);
  }

  const owner = (label: string): readonly string[] => zone.image.at(`${APEX}.`, `${label}.${APEX}.`);

  for (const request of CAPTURED_REQUESTS) {
    it(`${request.what}: the same octets again get the same reply, and change nothing more`, async () => {
      serve(request);
      const first = await zone.send(request.octets);
      const { serial } = zone;
      expect(await zone.send(request.octets)).to.deep.equal(first);
      expect(zone.serial).to.equal(serial);
    });

    it(`${request.what}: 301 s later it is NOTAUTH`, async () => {
      serve(request);
      zone.effects.now += 301_000;
      expect(showRcode(parseMessage(await zone.send(request.octets)).rcode)).to.equal('NOTAUTH');
      expect(zone.serial).to.equal(5);
    });
  }

  for (const request of [NSUPDATE, KNSUPDATE]) {
    it(`${request.what}: NOERROR, and one step of the serial`, async () => {
      serve(request);
      expect(await send(request)).to.equal('NOERROR');
      expect(owner('www')).to.deep.equal([`www.${APEX}. 60 A 192.0.2.2`]);
      expect(owner('old')).to.deep.equal([`old.${APEX}. 300 TXT "keep"`]);
      expect(owner('gone')).to.deep.equal([]);
      expect(zone.serial).to.equal(6);
    });
  }

  it(`${OPNSENSE.what}: both addresses, over TCP too`, async () => {
    serve(OPNSENSE, ['home 60 A 192.0.2.99']);
    expect(await send(OPNSENSE, true)).to.equal('NOERROR');
    expect([...owner('home')].sort()).to.deep.equal([
      `home.${APEX}. 60 A 192.0.2.9`,
      `home.${APEX}. 60 AAAA 2001:db8::9`,
    ]);
  });

  it(`${ACME.what}: the challenge is there`, async () => {
    serve(ACME);
    expect(await send(ACME)).to.equal('NOERROR');
    expect(owner('_acme-challenge.www')).to.deep.equal([`_acme-challenge.www.${APEX}. 60 TXT "tok"`]);
  });

  it(`${KEA_ADD.what}: the reply has the ID of the header; YXDOMAIN when the name is in use`, async () => {
    serve(KEA_ADD);
    expect(await send(KEA_ADD)).to.equal('NOERROR');
    expect(owner('laptop')).to.have.length(2);
    zone.close();
    serve(KEA_ADD, [DHCID]);
    expect(await send(KEA_ADD)).to.equal('YXDOMAIN');
    expect(zone.serial).to.equal(5);
  });

  it(`${KEA_REMOVE.what}: NOERROR, YXRRSET and NXRRSET`, async () => {
    serve(KEA_REMOVE, [DHCID]);
    expect(await send(KEA_REMOVE)).to.equal('NOERROR');
    expect(owner('laptop')).to.deep.equal([]);
    zone.close();
    serve(KEA_REMOVE, [DHCID, 'laptop 60 A 192.0.2.50']);
    expect(await send(KEA_REMOVE)).to.equal('YXRRSET');
    zone.close();
    serve(KEA_REMOVE);
    expect(await send(KEA_REMOVE)).to.equal('NXRRSET');
  });

  it(`${ANSIBLE.what}: NOERROR for the RRset, NXRRSET as BIND said when there are two`, async () => {
    serve(ANSIBLE);
    expect(await send(ANSIBLE)).to.equal('NOERROR');
    zone.close();
    serve(ANSIBLE, ['www 300 A 192.0.2.2']);
    expect(await send(ANSIBLE)).to.equal('NXRRSET');
    expect(zone.serial).to.equal(5);
  });
});

// --- helpers ---

function tsigOf(octets: Uint8Array): ReturnType<typeof parseTsig> {
  return parseTsig(parseMessage(octets).tsig ?? expect.fail('not signed'));
}
