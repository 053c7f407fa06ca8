import { expect } from 'chai';
import { Peer } from '../../src/base/peer.ts';
import { composeMessage } from '../../src/message/compose.ts';
import { COOKIE_MEMORY_LENGTH, writeCookieSecrets } from '../../src/message/cookie.ts';
import { makeQuery } from '../../src/message/message.ts';
import { EdnsOption, RRClass, RRType } from '../../src/wire/iana.ts';
import { imageOf, responderOn } from '../support/answering.ts';
import { embeddedGeo } from '../support/geo.ts';
import { memoryZone } from '../support/memory-zone.ts';
import { name } from '../support/rr.ts';

const ZONE = memoryZone(
  'example.test',
  `@ SOA ns h 1 2 3 4 5
@ NS ns
@ MX 10 www
ns A 192.0.2.53
www A 192.0.2.1
www A 192.0.2.2
www A 192.0.2.3
alias CNAME www
*.wild CNAME alias
old DNAME new
x.new TXT hello
sub NS ns.sub
ns.sub A 192.0.2.9
long TXT ${'x'.repeat(250)}
long TXT ${'y'.repeat(250)}
_s._tcp SRV 1 2 3 www
_t._tcp SRV 1 2 3 steered
steered A 192.0.2.1
steered A 192.0.2.2
steered A 192.0.2.3
steered A 192.0.2.4
_steer.steered TXT "take=2 need=2 ttl=15..120"
_steer.steered TXT "192.0.2.2 state=out"
_steer.steered TXT "192.0.2.3 backup"
_steer.steered TXT "192.0.2.4 backup"
calm A 192.0.2.1
calm A 192.0.2.2
_steer.calm TXT "ttl=15..120"
none A 192.0.2.1
_steer.none TXT "min=0 ttl=15..120"
_steer.none TXT "192.0.2.1 state=out"
near A 192.0.2.1
near A 192.0.2.2
near A 192.0.2.3
_steer.near TXT "rank=net,country,distance need=2"
_steer.near TXT "192.0.2.1 at=39.90,116.40 net=203.0.113.0/25,2001:db8:7::/48"
_steer.near TXT "192.0.2.2 at=51.51,-0.13"
_steer.near TXT "192.0.2.3 country=AU at=-33.87,151.21"
heavy A 192.0.2.1
heavy A 192.0.2.2
_steer.heavy TXT "rank=distance within=20000 order=weighted"
_steer.heavy TXT "192.0.2.1 at=39.90,116.40 weight=3"
stuck AAAA 2001:db8::1
stuck AAAA 2001:db8::2
stuck AAAA 2001:db8::3
_steer.stuck TXT "order=sticky take=2"
mixed A 192.0.2.1
mixed A 192.0.2.2
mixed A 192.0.2.3
_steer.mixed TXT "order=shuffle"
several CNAME www
several CNAME steered
_steer.several TXT "ttl=15..120"`,
);

interface Asked {
  readonly qname: string;
  readonly type?: number;
  readonly class?: number;
  readonly version?: number;
  /** EDNS with these options. */
  readonly options?: readonly { readonly code: number; readonly data: Uint8Array }[];
}

const QUERIES: readonly Asked[] = [
  { qname: 'www.example.test' },
  { qname: 'www.example.test', options: [] },
  { qname: 'www.example.test', options: [{ code: EdnsOption.COOKIE, data: new Uint8Array(8).fill(250) }] },
  { qname: 'www.example.test', options: [{ code: EdnsOption.COOKIE, data: new Uint8Array(24).fill(1) }] },
  {
    qname: 'www.example.test',
    options: [
      { code: EdnsOption.CLIENT_SUBNET, data: Uint8Array.of(0, 1, 24, 0, 203, 0, 113) },
      { code: EdnsOption.NSID, data: new Uint8Array(0) },
    ],
  },
  { qname: 'www.example.test', options: [], version: 1 },
  { qname: 'www.example.test', type: RRType.AAAA },
  { qname: 'www.example.test', type: RRType.ANY },
  { qname: 'alias.example.test' },
  { qname: 'q.w.wild.example.test' },
  { qname: 'x.old.example.test', type: RRType.TXT },
  { qname: 'a.sub.example.test', options: [] },
  { qname: 'long.example.test', type: RRType.TXT },
  { qname: 'no.such.example.test' },
  { qname: 'example.test', type: RRType.SOA },
  { qname: 'example.test', type: RRType.MX },
  { qname: 'example.test', type: RRType.AXFR },
  { qname: '_s._tcp.example.test', type: RRType.SRV },
  { qname: 'steered.example.test' },
  { qname: 'calm.example.test' },
  { qname: 'none.example.test' },
  { qname: 'none.example.test', type: RRType.ANY },
  { qname: 'several.example.test' },
  { qname: 'several.example.test', type: RRType.CNAME },
  { qname: '_t._tcp.example.test', type: RRType.SRV },
  { qname: 'near.example.test' },
  { qname: 'near.example.test', options: [subnet(1, 24, 203, 0, 113)] },
  { qname: 'near.example.test', options: [subnet(1, 24, 192, 0, 2)] },
  { qname: 'near.example.test', options: [subnet(2, 48, 0x20, 0x01, 0x0d, 0xb8, 0, 7)] },
  { qname: 'heavy.example.test', options: [subnet(1, 0)] },
  { qname: 'stuck.example.test', type: RRType.AAAA, options: [subnet(1, 24, 203, 0, 113)] },
  { qname: 'mixed.example.test', options: [subnet(1, 24, 203, 0, 113)] },
  ...Array.from({ length: 60 }, (_, i) => {
    const [first, second, third] = [(i * 53) % 224, (i * 101) % 256, (i * 7) % 256];
    return { qname: 'near.example.test', options: [subnet(1, 24, first, second, third)] };
  }),
  { qname: 'other.test', options: [] },
  { qname: 'version.bind', type: RRType.TXT, class: RRClass.CH },
];

/** A Client Subnet option: FAMILY, SOURCE and the address's octets. */
function subnet(family: number, source: number, ...address: readonly number[]) {
  return { code: EdnsOption.CLIENT_SUBNET, data: Uint8Array.of(0, family, source, 0, ...address) };
}

const NEWCOMERS = 200;
const WARM_UP = 100_000;
const STRETCHES = 20;
const STRETCH = 10_000;

describe('answer: memory', () => {
  it('200,000 queries of every kind leave the heap as large as it was', function () {
    this.timeout(60_000);
    const cookieSecrets = new SharedArrayBuffer(COOKIE_MEMORY_LENGTH);
    writeCookieSecrets(cookieSecrets, new Uint8Array(16).fill(200), new Uint8Array(16).fill(99));
    const options = { cookieSecrets, nsid: 'node1', chaos: { version: 'v', hostname: 'h' } };
    const image = imageOf([ZONE]);
    const newcomer = () => responderOn(image, options, embeddedGeo().tables.memory);
    let responder = newcomer();
    const queries = [...QUERIES.map(compose), Uint8Array.from([1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 9])];
    const octets = new Uint8Array(4096);
    const peer = new Peer(Uint8Array.of(192, 0, 2, 99));
    const ask = (count: number): void => {
      for (let i = 0; i < count; i++) {
        const asked = queries[i % queries.length] ?? expect.fail();
        for (let j = 0; j < asked.length; j++) octets[j] = asked[j] ?? 0;
        responder.answer(octets, 0, asked.length, 4096, peer);
      }
    };
    // What is done but once by each is made fast, too: it must not make the rest costly.
    for (let i = 0; i < NEWCOMERS; i++) {
      responder = newcomer();
      ask(10 * queries.length);
    }
    ask(WARM_UP);
    // The heap may be swept or code compiled in any stretch, but not in most of them.
    const growths = Array.from({ length: STRETCHES }, () => {
      const before = process.memoryUsage().heapUsed;
      ask(STRETCH);
      return process.memoryUsage().heapUsed - before;
    });
    growths.sort((a, b) => a - b);
    expect((growths[STRETCHES / 2] ?? 0) / STRETCH, 'octets per query').to.be.lessThan(1);
  });
});

function compose(asked: Asked): Uint8Array {
  const question = {
    name: name(asked.qname),
    type: asked.type ?? RRType.A,
    class: asked.class ?? RRClass.IN,
  };
  const { options, version = 0 } = asked;
  const edns = options && { udpPayloadSize: 1232, version, dnssecOk: true, options };
  return composeMessage(makeQuery(0xfedc, question, edns === undefined ? {} : { edns }));
}
