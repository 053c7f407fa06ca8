import { expect } from 'chai';
import { RawResponder } from '../../src/answer/raw-responder.ts';
import { composeMessage } from '../../src/message/compose.ts';
import type { Who } from '../../src/message/key-grant.ts';
import { makeQuery } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { scanType } from '../../src/rdata/table.ts';
import { QueryHandler } from '../../src/serve/query-handler.ts';
import { LiveView } from '../../src/steer/live-view.ts';
import { RRClass, RRType } from '../../src/wire/iana.ts';
import { equalNames } from '../../src/wire/name.ts';
import { imageOf, OPTIONS, responderOn } from '../support/answering.ts';
import { hosting } from '../support/hosted.ts';
import { memoryZone } from '../support/memory-zone.ts';
import { name, showRecord } from '../support/rr.ts';
import { grant, NOW_SECONDS, rulesOf } from '../support/updating.ts';

const ZONE = memoryZone(
  'example.test',
  `@ 3600 SOA ns1 hostmaster 7 7200 900 1209600 300
@ 3600 NS ns1
www 60 A 192.0.2.1
www 60 A 192.0.2.2
_steer.www 60 TXT "order=rotate"
_steer.www 60 TXT "192.0.2.1 down by=mon."
out 60 CNAME www.other.test.
child 60 NS ns1
child 60 DS 7 13 1 0123456789012345678901234567890123456789
`,
);
const OTHER = memoryZone('other.test', '@ SOA ns1 h 1 2 3 4 5\n@ NS ns1\nwww 60 A 192.0.2.7');
const CHILD = memoryZone('child.example.test', '@ SOA ns1 h 1 2 3 4 5\n@ NS ns1\nwww 60 A 192.0.2.8');
const ZONES = [ZONE, OTHER, CHILD];
const RULES = rulesOf(
  grant({ key: 'deploy.', names: ['**'] }),
  grant({ key: 'office.', names: ['**'], from: ['198.51.100.0/24'] }),
  grant({ key: 'mon.', names: ['www'], action: 'judge' }),
);
const DOWN = 'www.example.test. 60 A 192.0.2.1';
const LIVE = 'www.example.test. 60 A 192.0.2.2';

describe('query handler', () => {
  it('STEERING.md §8: an editing key gets the desired set, a judging key the live one', async () => {
    expect(await asked('deploy.', 'www.example.test A')).to.deep.equal([DOWN, LIVE]);
    expect(await asked('mon.', 'www.example.test A')).to.deep.equal([LIVE]);
    expect(await asked('mon.', '_steer.www.example.test TXT')).to.deep.equal([]);
  });

  it('a key that may transfer the raw view may query it, too', async () => {
    expect(await asked('secondary.', 'www.example.test A')).to.deep.equal([DOWN, LIVE]);
    expect(await asked('other.', 'www.example.test A')).to.deep.equal([LIVE]);
  });

  it('a grant that holds elsewhere only is none', async () => {
    expect(await asked('office.', 'www.example.test A')).to.deep.equal([LIVE]);
  });

  it('of a zone that has expired nothing raw is shown', async () => {
    const [response] = await handle('deploy.', query('www.example.test A'), true);
    expect(parseMessage(response ?? new Uint8Array(0)).answers).to.have.lengthOf(1);
  });

  it('a view is granted zone by zone; chains end where it is not', async () => {
    expect(await asked('deploy.', 'www.other.test A')).to.deep.equal(['www.other.test. 60 A 192.0.2.7']);
    expect(await asked('deploy.', 'out.example.test A')).to.have.lengthOf(1);
    expect(await asked('mon.', 'out.example.test A')).to.have.lengthOf(2);
  });

  it('RFC 4035 §3.1.4.1: DS at a nested apex is asked of the parent', async () => {
    expect(await asked('deploy.', 'child.example.test DS')).to.have.lengthOf(1);
  });

  it('a query that cannot be understood is answered as everybody’s', async () => {
    const [response] = await handle('deploy.', query('www.example.test A', 1));
    expect(parseMessage(response ?? new Uint8Array(0)).rcode).to.equal(16);
  });

  it('the live answer is of the message without its signature', async () => {
    const [response] = await handle('mon.', query('www.example.test A'));
    expect(parseMessage(response ?? new Uint8Array(0)).additionals).to.deep.equal([]);
  });
});

async function asked(key: string, question: string): Promise<string[]> {
  const [response] = await handle(key, query(question));
  if (response === undefined) throw new Error('no response');
  return parseMessage(response).answers.map(showRecord);
}

function query(question: string, version = 0): Uint8Array {
  const [owner = '', type = ''] = question.split(' ');
  const tsig = { owner: name('key'), type: RRType.TSIG, class: RRClass.ANY, ttl: 0, offset: 0 };
  return composeMessage(
    makeQuery(
      7,
      { name: name(owner), type: scanType(type) ?? 0, class: RRClass.IN },
      {
        edns: { udpPayloadSize: 1232, version, dnssecOk: false, options: [] },
        tsig: { ...tsig, rdata: new Uint8Array(20) },
      },
    ),
  );
}

async function handle(key: string, octets: Uint8Array, isWithheld = false): Promise<Uint8Array[]> {
  const image = imageOf(ZONES.map((zone) => new LiveView(zone, NOW_SECONDS)));
  const handler = new QueryHandler({
    live: responderOn(image),
    raw: new RawResponder(OPTIONS, () => NOW_SECONDS * 1000),
    hosted: hosting(...ZONES),
    rulesOf: (apex) => (equalNames(apex, RULES.apex) ? RULES : { apex, grants: [] }),
    transferViewOf: (_, who) => (isKey(who, 'secondary.') ? 'raw' : undefined),
    isWithheld: () => isWithheld,
  });
  const replies: Uint8Array[] = [];
  await handler.handle(
    {
      octets,
      message: parseMessage(octets),
      who: { key: name(key), address: Uint8Array.of(192, 0, 2, 99) },
      port: 5353,
      overTcp: false,
      room: 1232,
    },
    async (reply) => {
      replies.push(reply);
      return true;
    },
  );
  return replies;
}

function isKey({ key }: Who, text: string): boolean {
  return key !== undefined && equalNames(key, name(text));
}
