import { expect } from 'chai';
import { Peer } from '../../src/base/peer.ts';
import { composeMessage } from '../../src/message/compose.ts';
import { COOKIE_MEMORY_LENGTH, writeCookieSecrets } from '../../src/message/cookie.ts';
import { makeQuery } from '../../src/message/message.ts';
import { EdnsOption, RRClass, RRType } from '../../src/wire/iana.ts';
import { imageOf, responderOn } from '../support/answering.ts';
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
  { qname: 'other.test', options: [] },
  { qname: 'version.bind', type: RRType.TXT, class: RRClass.CH },
];

const WARM_UP = 100_000;
const STRETCHES = 20;
const STRETCH = 10_000;

describe('answer: memory', () => {
  it('200,000 queries of every kind leave the heap as large as it was', function () {
    this.timeout(60_000);
    const cookieSecrets = new SharedArrayBuffer(COOKIE_MEMORY_LENGTH);
    writeCookieSecrets(cookieSecrets, new Uint8Array(16).fill(200), new Uint8Array(16).fill(99));
    const options = { cookieSecrets, nsid: 'node1', chaos: { version: 'v', hostname: 'h' } };
    const responder = responderOn(imageOf([ZONE]), options);
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
