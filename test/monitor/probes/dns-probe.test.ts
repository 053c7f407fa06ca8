import { expect } from 'chai';
import { composeMessage } from '../../../src/message/compose.ts';
import { type Message, type MessageRecord, NO_FLAGS } from '../../../src/message/message.ts';
import { parseMessage } from '../../../src/message/parse.ts';
import { ProbeOptionsError } from '../../../src/monitor/probes/errors.ts';
import type { DnsProbeOptions } from '../../../src/monitor/probes/probe-options.ts';
import { Rcode, RRClass } from '../../../src/wire/iana.ts';
import { ProbeBench } from '../../support/probing.ts';
import { name, rr } from '../../support/rr.ts';
import { type ScriptedRequest, ScriptedServer } from '../../support/scripted-server.ts';

const record = (line: string): MessageRecord => ({ ...rr(line), class: RRClass.IN });
const A = record('www 60 A 192.0.2.1');

/** A reply to a query, as far as `with` does not say otherwise. */
function replyTo(octets: Uint8Array, changes: Partial<Message> = {}): Uint8Array {
  const query = parseMessage(octets);
  return composeMessage({
    ...query,
    answers: [A],
    flags: { ...query.flags, qr: true, aa: true },
    ...changes,
  });
}

describe('the dns probe', () => {
  let bench = new ProbeBench();
  beforeEach(() => {
    bench = new ProbeBench();
  });
  afterEach(() => bench.close());
  const serve = async (answer: (request: ScriptedRequest) => void): Promise<ScriptedServer> => {
    const server = await ScriptedServer.start(answer);
    bench.onEnd(() => server.close());
    return server;
  };
  const probe = (port: number, options: Partial<DnsProbeOptions> = {}) =>
    bench.probe({ kind: 'dns', address: '127.0.0.1', port, name: 'www.example.test', ...options });
  const answers = async (changes: Partial<Message>, options: Partial<DnsProbeOptions> = {}) => {
    const server = await serve(({ octets, send }) => send(replyTo(octets, changes)));
    return await probe(server.endpoint.port, options);
  };

  it('passes when a record comes, and asks without RD and with EDNS', async () => {
    const server = await serve(({ octets, send }) => send(replyTo(octets)));
    const result = await probe(server.endpoint.port);
    expect(result).to.deep.equal({ passed: true, latencyMs: 0, detail: 'NOERROR, A 192.0.2.1 in 0 ms' });
    const query = parseMessage(server.requests[0]?.octets ?? new Uint8Array());
    expect(query.questions).to.deep.equal([{ name: name('www.example.test'), type: 1, class: 1 }]);
    expect(query.flags.rd).to.equal(false);
    expect(query.edns?.udpPayloadSize).to.equal(1232);
    await probe(server.endpoint.port, { recursion: true });
    const asked = server.requests.map(({ octets }) => parseMessage(octets));
    expect(asked[1]?.flags.rd).to.equal(true);
    expect(asked[1]?.id).to.not.equal(asked[0]?.id);
  });

  it('compares the data of records, however it is written', async () => {
    const soa = { answers: [record('www 60 SOA NS.example.test. h.example.test. 7 1 2 3 4')] };
    const options = { type: 'SOA', answer: ['ns.Example.test h.example.test. 7 1 2 3 4'] };
    expect((await answers(soa, options)).passed).to.equal(true);
    const txt = { answers: [record('www 60 TXT "all is well"')] };
    expect((await answers(txt, { type: 'TXT', answer: ['"all is well"'] })).passed).to.equal(true);
    const svcb = { answers: [record('www 60 HTTPS 1 . alpn=h2')] };
    expect((await answers(svcb, { type: 'HTTPS', answer: ['1 . alpn="h2"'] })).passed).to.equal(true);
  });

  it('demands all, any or exactly the expected records', async () => {
    const two = { answers: [A, record('www 60 A 192.0.2.2')] };
    const ask = (match: 'all' | 'any' | 'exactly', ...answer: string[]) => answers(two, { answer, match });
    expect((await ask('all', '192.0.2.2')).passed).to.equal(true);
    expect((await ask('all', '192.0.2.2', '192.0.2.3')).detail).to.equal(
      'answered NOERROR, A 192.0.2.1, 192.0.2.2; 192.0.2.3 is missing',
    );
    expect((await ask('any', '192.0.2.2', '192.0.2.3')).passed).to.equal(true);
    expect((await ask('any', '192.0.2.3')).detail).to.contain('; expected one of 192.0.2.3');
    expect((await ask('exactly', '192.0.2.2', '192.0.2.1')).passed).to.equal(true);
    expect((await ask('exactly', '192.0.2.2')).detail).to.contain('; 192.0.2.1 was not expected');
    expect((await ask('exactly')).passed).to.equal(false);
    expect((await answers({ answers: [] }, { answer: [], match: 'exactly' })).passed).to.equal(true);
  });

  it('looks at RCODE and AA', async () => {
    const refused = { rcode: Rcode.REFUSED, answers: [] };
    expect(await answers(refused)).to.deep.include({
      passed: false,
      detail: 'answered REFUSED; expected NOERROR',
    });
    expect((await answers(refused, { rcode: 'refused' })).passed).to.equal(true);
    expect((await answers({ answers: [] })).detail).to.equal('answered NOERROR without a record of type A');
    const lame = { flags: { ...NO_FLAGS, qr: true } };
    expect((await answers(lame, { authoritative: true })).detail).to.contain('not authoritatively (no AA)');
    expect((await answers(lame)).passed).to.equal(true);
  });

  it('passes over what is no answer to the query, and takes the answer after it', async () => {
    const server = await serve(({ octets, send }) => {
      const { id, flags } = parseMessage(octets);
      send(Buffer.from('garbage'));
      send(replyTo(octets, { id: id ^ 1 }));
      send(replyTo(octets, { flags }));
      send(replyTo(octets, { opcode: 4 }));
      send(replyTo(octets, { questions: [{ name: name('example.org'), type: 1, class: 1 }] }));
      send(replyTo(octets, { questions: [] }));
      send(replyTo(octets));
    });
    expect((await probe(server.endpoint.port)).passed).to.equal(true);
  });

  it('says what came when no answer did', async () => {
    const other = await serve(({ octets, send }) => {
      send(replyTo(octets, { id: parseMessage(octets).id ^ 1 }));
      bench.later(() => bench.passLater(1000));
    });
    const where = `127.0.0.1:${other.endpoint.port}`;
    expect((await probe(other.endpoint.port)).detail).to.equal(
      `timed out after 1000 ms waiting for an answer from ${where} over UDP; it sent a reply with another ID than the query has`,
    );
    const silent = await serve(() => bench.timers.pass(1000));
    expect((await probe(silent.endpoint.port)).detail).to.match(/waiting for an answer from \S+ over UDP$/);
  });

  it('gives up a server that sends garbage without end', async () => {
    const server = await serve(({ send }) => {
      for (let i = 0; i < 30; i++) send(Buffer.from('garbage'));
    });
    const { passed, detail } = await probe(server.endpoint.port);
    expect(passed).to.equal(false);
    expect(detail).to.match(/sent no answer in 20 datagrams: what is no DNS message \(.+\)$/);
  });

  it('goes over to TCP when the answer is truncated', async () => {
    const server = await serve(({ octets, transport, send }) => {
      const { flags } = parseMessage(octets);
      send(replyTo(octets, { flags: { ...flags, qr: true, tc: transport === 'udp' } }));
    });
    expect((await probe(server.endpoint.port)).passed).to.equal(true);
    expect(server.requests.map(({ transport }) => transport)).to.deep.equal(['udp', 'tcp']);
  });

  it('asks over TCP alone when told so; and says when what comes is wrong, or nothing', async () => {
    const script: ((request: ScriptedRequest) => void)[] = [
      ({ octets, send }) => send(replyTo(octets)),
      ({ octets, send }) => send(replyTo(octets, { id: parseMessage(octets).id ^ 1 })),
      ({ send }) => send(Buffer.from('garbage')),
      ({ hangUp }) => hangUp(),
      () => bench.timers.pass(1000),
    ];
    const server = await serve((request) => script.shift()?.(request));
    const details: string[] = [];
    while (script.length > 0) details.push((await probe(server.endpoint.port, { transport: 'tcp' })).detail);
    const where = `127.0.0.1:${server.endpoint.port}`;
    expect(details[0]).to.equal('NOERROR, A 192.0.2.1 in 0 ms');
    expect(details[1]).to.equal(`${where} sent a reply with another ID than the query has`);
    expect(details[2]).to.contain(`${where} sent what is no DNS message`);
    expect(details[3]).to.equal(`${where} closed the connection without an answer`);
    expect(details[4]).to.contain(`waiting for an answer from ${where} over TCP`);
    expect(server.requests.every(({ transport }) => transport === 'tcp')).to.equal(true);
  });

  it('fails at once when nothing listens there, over UDP and TCP', async () => {
    const port = await bench.deadPort();
    for (const transport of ['udp', 'tcp'] as const) {
      const { passed, detail } = await probe(port, { transport });
      expect(passed).to.equal(false);
      expect(detail).to.equal(`127.0.0.1:${port} refuses connections`);
    }
  });

  it('shows no more of an answer than fits a line', async () => {
    const many = Array.from({ length: 60 }, (_, i) => record(`www 60 A 192.0.2.${i}`));
    const { detail } = await answers({ answers: many });
    expect(detail).to.match(/^NOERROR, A 192\.0\.2\.0, .* and 52 more in 0 ms$/);
  });

  it('refuses options that cannot be used', () => {
    const wrong: Partial<DnsProbeOptions>[] = [
      { name: 'a..b' },
      { type: 'FOO' },
      { rcode: 'FINE' },
      { answer: ['192.0.2.256'] },
      { answer: [''] },
      { answer: ['192.0.2.1 192.0.2.2'] },
    ];
    for (const options of wrong) {
      expect(() => probe(1, options), JSON.stringify(options)).to.throw(ProbeOptionsError);
    }
  });
});
