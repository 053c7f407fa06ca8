// The scenario reader and runner themselves: what they cannot see, no scenario can.
import { expect } from 'chai';
import { GeoTables } from '../../src/geo/tables.ts';
import { composeMessage } from '../../src/message/compose.ts';
import type { Message } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { RRClass, RRType } from '../../src/wire/iana.ts';
import { scanName } from '../../src/wire/name.ts';
import { locationOf } from '../support/geo.ts';
import { name, rr, showRecord } from '../support/rr.ts';
import { ScenarioError, scanScenario } from '../support/scenario.ts';
import { recordScenario, runScenario, showFailures } from '../support/scenario-run.ts';

const ASK = `# why
zone example.test
  @ 60 SOA ns1 hostmaster 1 2 3 4 5

ask www.example.test A
`;
const ONE = 'www 60 A 192.0.2.1';
const TWO = 'www 60 A 192.0.2.2';

/** The reply to a query, with records in the answer section and what else is changed. */
function reply(query: Uint8Array, lines: readonly string[], change: Partial<Message> = {}): Uint8Array {
  const asked = parseMessage(query);
  const flags = { ...asked.flags, qr: true, aa: true };
  const answers = lines.map((line) => ({ ...rr(line), class: RRClass.IN }));
  return composeMessage({ ...asked, flags, answers, ...change });
}

/** What is said about a reply, for an expectation without indentation. */
async function difference(
  expected: readonly string[],
  answer: (query: Uint8Array) => Uint8Array | undefined,
  modifiers = '',
): Promise<readonly string[]> {
  const text = `${ASK.trimEnd()}${modifiers}\n${expected.map((line) => `  ${line}\n`).join('')}`;
  const [failure] = await runScenario(scanScenario('x.scenario', text), answer, 'udp');
  return failure?.difference ?? [];
}

describe('scenario files', () => {
  it('hold a reason, settings, zones and questions', () => {
    const scenario = scanScenario(
      'x.scenario',
      '# why\nset nsid "a b"\nzone One.test\n  @ 60 NS ns\nzone two.test\n# no records\nask a.one.test MX tcp from 192.0.2.9\n  REFUSED\n',
    );
    expect(scenario.reason).to.equal('why');
    expect([...scenario.settings]).to.deep.equal([['nsid', 'a b']]);
    expect(scenario.zones.map((zone) => zone.records.map(showRecord))).to.deep.equal([
      ['one.test. 60 NS ns.one.test.'],
      [],
    ]);
    const [step] = scenario.steps;
    expect(step).to.include({ line: 7, lastLine: 8, transport: 'tcp' });
    expect(step?.from).to.deep.equal(Uint8Array.of(192, 0, 2, 9));
    expect(parseMessage(step?.query ?? new Uint8Array(0)).questions).to.deep.equal([
      { name: name('a.one.test'), type: RRType.MX, class: RRClass.IN },
    ]);
  });

  it('repeat texts and count through ranges', () => {
    const text = '# why\nzone one.test\n  a{1..3} 60 TXT {x*4} {1..3}\n  {b*2} 60 TXT {c*1}\n';
    const [zone] = scanScenario('x.scenario', text).zones;
    expect(zone?.records.map(showRecord)).to.deep.equal([
      'a1.one.test. 60 TXT "xxxx" "1"',
      'a2.one.test. 60 TXT "xxxx" "2"',
      'a3.one.test. 60 TXT "xxxx" "3"',
      'bb.one.test. 60 TXT "c"',
    ]);
  });

  it('say where clients are, in the columns of networks.csv', () => {
    const text =
      '# why\nnetworks\n  192.0.2.{1..2}/32,39.90,116.40,CN,AS,64496,unicom\n  198.51.100.0/24,1,2\n';
    const tables = new GeoTables(scanScenario('x.scenario', text).networks ?? new SharedArrayBuffer(0));
    const at = (...octets: readonly number[]) => locationOf(tables, Uint8Array.from(octets));
    expect(at(192, 0, 2, 2)).to.include({ latitude: 39.9, longitude: 116.4, country: 'CN', isp: 'unicom' });
    expect(at(192, 0, 2, 3)).to.include({ latitude: undefined, isp: undefined });
    expect(at(198, 51, 100, 9)).to.include({ latitude: 1, longitude: 2, isp: undefined });
    expect(scanScenario('x.scenario', '# why\n').networks).to.equal(undefined);
  });

  it('over sockets run as far as the first client at a place of its own, where places count', async () => {
    const steps = 'ask a.x.test A from 192.0.2.1\n  NOERROR\n';
    const asked: string[] = [];
    const ask = () => {
      asked.push('asked');
      return undefined;
    };
    const placed = scanScenario('x.scenario', `# why\nnetworks\n  192.0.2.0/24,1,2\n${steps}`);
    await runScenario(placed, ask, 'udp');
    expect(asked).to.deep.equal([]);
    await runScenario(placed, ask, 'udp', () => {});
    await runScenario(scanScenario('x.scenario', `# why\n${steps}`), ask, 'udp');
    expect(asked).to.deep.equal(['asked', 'asked']);
  });

  it('name file and line of what is wrong', () => {
    const broken = {
      'zone x.test': /^x.scenario:1: the first line is a comment/,
      '# why\nzoom x.test': /^x.scenario:2: .* found 'zoom'/,
      '# why\n\nask x.test A quickly': /^x.scenario:3: unknown word 'quickly'/,
      '# why\nask x.test NONSENSE': /^x.scenario:2: not a type: 'NONSENSE'/,
      '# why\nsend 123': /^x.scenario:2: not hexadecimal octets: '123'/,
      '# why\nzone x.test\n  a 60 A 1.2.3': /^x.scenario:2: .*1\.2\.3/,
      '# why\nnetworks\n  192.0.2.0/33,1,2': /^x.scenario:2: .*192\.0\.2\.0\/33/,
    };
    for (const [text, message] of Object.entries(broken)) {
      expect(() => scanScenario('x.scenario', text), text).to.throw(ScenarioError, message);
    }
  });
});

describe('running scenarios', () => {
  it('takes the records of a section as a set, and shows what is missing and too much', async () => {
    const expected = [
      'NOERROR aa',
      'answer www.example.test 60 A 192.0.2.1',
      'answer www.example.test 60 A 192.0.2.2',
    ];
    expect(await difference(expected, (query) => reply(query, [TWO, ONE]))).to.deep.equal([]);
    expect(await difference(expected, (query) => reply(query, ['www 61 A 192.0.2.1', TWO]))).to.deep.equal([
      '- answer     www.example.test. 60 A 192.0.2.1',
      '+ answer     www.example.test. 61 A 192.0.2.1',
    ]);
    expect(await difference(expected, (query) => reply(query, [ONE, ONE, TWO]))).to.deep.equal([
      '+ answer     www.example.test. 60 A 192.0.2.1',
    ]);
  });

  it('can want an order, only some records, or the absence of some', async () => {
    const one = 'answer www.example.test. 60 A 192.0.2.1';
    const two = 'answer www.example.test. 60 A 192.0.2.2';
    const both = (query: Uint8Array) => reply(query, [ONE, TWO]);
    expect(await difference(['NOERROR aa', 'answer in order', one, two], both)).to.deep.equal([]);
    expect(await difference(['NOERROR aa', 'answer in order', two, one], both)).to.have.length(3);
    expect(await difference(['NOERROR aa', 'answer has', two], both)).to.deep.equal([]);
    expect(await difference(['NOERROR aa', 'answer *'], both)).to.deep.equal([]);
    expect(
      await difference(['NOERROR aa', 'answer *', 'answer not www.example.test. 60 A 192.0.2.2'], both),
    ).to.deep.equal(['+ answer     www.example.test. 60 A 192.0.2.2   (must not be there)']);
  });

  it('looks at RCODE, every flag and the size', async () => {
    const answer = (query: Uint8Array) => reply(query, [], { rcode: 3 });
    expect(await difference(['NOERROR'], answer)).to.deep.equal(['- NOERROR', '+ NXDOMAIN aa']);
    expect(await difference(['NXDOMAIN aa', 'size 34'], answer)).to.deep.equal([]);
    expect(await difference(['NXDOMAIN aa', 'size 33'], answer)).to.deep.equal(['- size 33', '+ size 34']);
    expect(await difference(['nothing'], () => undefined)).to.deep.equal([]);
    expect(await difference(['nothing'], answer)).to.deep.equal(['- nothing', '+ NXDOMAIN aa']);
    expect(await difference(['NOERROR aa'], () => undefined)).to.deep.equal(['- NOERROR aa', '+ nothing']);
  });

  it('checks what nobody writes down: ID, question, case, QR, OPT, size, form', async () => {
    const changed = (change: Partial<Message>) => (query: Uint8Array) => reply(query, [], change);
    const opt = { udpPayloadSize: 1232, version: 0, dnssecOk: false, options: [] };
    const expected = ['NOERROR aa'];
    expect(await difference(expected, changed({ id: 1 }))).to.deep.equal(['! the reply has another ID']);
    expect(await difference(expected, changed({ opcode: 4 }))).to.deep.equal([
      '! the reply has another opcode',
    ]);
    expect(await difference(expected, changed({ questions: [] }))).to.deep.equal([
      '! the question came back as nothing',
    ]);
    const shout = scanName('WWW.example.test.', undefined);
    const shouted = changed({ questions: [{ name: shout, type: RRType.A, class: RRClass.IN }] });
    expect(await difference(expected, shouted)).to.deep.equal([
      '! the question came back as WWW.example.test. IN A',
    ]);
    expect(await difference(expected, (query) => query)).to.include(
      '! the reply is no response: QR is clear',
    );
    expect(await difference(expected, changed({ edns: opt }))).to.deep.equal([
      '! OPT in the reply, but not in the query',
    ]);
    expect(await difference(expected, changed({ edns: undefined }), ' edns')).to.deep.equal([
      '! no OPT in the reply',
    ]);
    expect(
      await difference(['NOERROR aa', 'answer *'], (query) => reply(query, new Array(31).fill(ONE))),
    ).to.deep.equal(['! 530 octets for a client that takes 512']);
    expect(await difference(expected, (query) => reply(query, []).subarray(0, 20))).to.include('+ rubbish');
  });

  it('names every option that came and was not expected, or did not come', async () => {
    const options = [
      { code: 3, data: Uint8Array.of(97) },
      { code: 15, data: Uint8Array.of(0, 20, 98) },
    ];
    const edns = { udpPayloadSize: 1232, version: 0, dnssecOk: true, options };
    const answer = (query: Uint8Array) => reply(query, [], { edns });
    expect(
      await difference(['NOERROR aa', 'edns do version=0', 'nsid "a"', 'ede 20'], answer, ' edns'),
    ).to.deep.equal([]);
    expect(await difference(['NOERROR aa', 'nsid "a"', 'ede 20 "b"'], answer, ' edns')).to.deep.equal([]);
    expect(
      await difference(['NOERROR aa', 'edns bufsize=512', 'cookie', 'ede 18'], answer, ' edns'),
    ).to.deep.equal([
      '- edns bufsize=512 (came: edns bufsize=1232 version=0 do)',
      '- cookie',
      '- ede 18',
      '+ nsid "a"',
      '+ ede 20 "b"',
    ]);
  });

  it('shows failures for people and records what came', async () => {
    const text = `${ASK}  NXDOMAIN aa\n\n# kept\nask ns1.example.test A\n  NOERROR aa\n  answer in order\n  answer *\n`;
    const scenario = scanScenario('x.scenario', text);
    const failures = await runScenario(scenario, (query) => reply(query, [ONE]), 'udp');
    expect(showFailures(scenario, failures)).to.equal(
      'why\nx.scenario:5: ask www.example.test A\n    - NXDOMAIN aa\n    + NOERROR aa\n    + answer     www.example.test. 60 A 192.0.2.1',
    );
    const recorded = recordScenario(scenario, failures);
    expect(recorded).to.equal(
      text.replace('  NXDOMAIN aa\n', '  NOERROR aa\n  answer     www.example.test. 60 A 192.0.2.1\n'),
    );
    const again = scanScenario('x.scenario', recorded);
    expect(await runScenario(again, (query) => reply(query, [ONE]), 'udp')).to.deep.equal([]);
  });
});
