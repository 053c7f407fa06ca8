import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { composeMessage } from '../../../src/message/compose.ts';
import { findOption, parseExtendedError } from '../../../src/message/edns.ts';
import { type Message, makeQuery } from '../../../src/message/message.ts';
import { parseMessage } from '../../../src/message/parse.ts';
import { signRequest } from '../../../src/message/tsig-signer.ts';
import { EdnsOption, Opcode, RRClass, RRType, showRcode } from '../../../src/wire/iana.ts';
import { ChildServer, runWaypost } from '../../support/child-server.ts';
import { QuestionClient } from '../../support/question-client.ts';
import { name } from '../../support/rr.ts';
import { SECRET, tsigKey } from '../../support/tsig.ts';

const ZONE = `$TTL 60
@ SOA ns hostmaster 7 7200 900 1209600 300
@ NS ns
ns A 192.0.2.53
www A 192.0.2.1
www A 192.0.2.2
_steer.www TXT "order=fixed take=1"
`;
const KEY = `[keys."secondary."]\nsecret = "${SECRET}"\n[zone."example.test"]\n`;

describe('waypost serve as a secondary', function () {
  this.timeout(30_000);
  const servers: ChildServer[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.remove();
  });

  function make(settings: string, zones: Readonly<Record<string, string>> = {}): ChildServer {
    const server = new ChildServer({ zones, settings: `${KEY}${settings}`, args: ['--threads', '1'] });
    servers.push(server);
    return server;
  }

  async function ask(server: ChildServer, type: number, rest: Partial<Message> = {}, isSigned = false) {
    const edns = { udpPayloadSize: 1232, version: 0, dnssecOk: false, options: [] };
    const qname = rest.opcode === undefined ? 'www.example.test' : 'example.test';
    const question = { name: name(qname), type, class: RRClass.IN };
    const octets = composeMessage(makeQuery(7, question, { edns, ...rest }));
    const signed = isSigned ? signRequest(octets, tsigKey('secondary.'), Date.now() / 1000).octets : octets;
    const client = await QuestionClient.open(server.port);
    const message = parseMessage(await client.ask(signed));
    client.close();
    const option = findOption(message.edns, EdnsOption.EXTENDED_ERROR);
    return {
      rcode: showRcode(message.rcode),
      answers: message.answers.length,
      why: option === undefined ? '' : parseExtendedError(option.data).extraText,
    };
  }

  /** Nobody listens there: a port that a server had a moment ago. */
  async function deadEnd(): Promise<string> {
    const gone = make('');
    await gone.start();
    const { port } = gone;
    await gone.end();
    return `127.0.0.1:${port}`;
  }

  it('check and reload tell of a zone file beside a primary', async () => {
    const server = make(`primary = { address = "${await deadEnd()}" }`, { 'example.test.zone': ZONE });
    const { code, out } = await runWaypost('check', '-c', server.config);
    expect(code).to.equal(1);
    expect(out).to.contain(
      'the configuration gives zone example.test. a primary, and here is a file of it: remove the file, or the primary',
    );
    await server.start();
    expect(server.log).to.contain('here is a file of it');
    expect(await ask(server, RRType.A)).to.include({ rcode: 'SERVFAIL' });
  });

  it('before the first transfer it answers SERVFAIL, whoever asks, and takes no update', async () => {
    const address = await deadEnd();
    const server = make(`primary = { address = "${address}", key = "secondary." }`);
    await server.start();
    expect(await ask(server, RRType.A)).to.deep.equal({
      rcode: 'SERVFAIL',
      answers: 0,
      why: 'secondary zone: it has not come from its primary yet, or has expired',
    });
    const why = 'zone example.test. has not come from its primary yet';
    expect(await ask(server, RRType.A, {}, true)).to.deep.equal({ rcode: 'SERVFAIL', answers: 0, why });
    expect(await ask(server, RRType.AXFR, {}, true)).to.include({ rcode: 'SERVFAIL', why });
    const update = await ask(server, RRType.SOA, { opcode: Opcode.UPDATE }, true);
    expect(update).to.deep.include({
      rcode: 'REFUSED',
      why: `this server is a secondary of example.test., which only its primary changes: send updates to ${address}`,
    });
    await server.until(() => server.log.includes('cannot refresh'));
    expect(server.log).to.contain('nothing listens on');
    const { out } = await runWaypost('zone', 'list', '-c', server.config);
    expect(out).to.match(/example\.test\. +- +0 +secondary of \S+ +never loaded; .*nothing listens/);
    const refresh = await runWaypost('zone', 'refresh', 'example.test', '-c', server.config);
    expect(refresh.code).to.equal(1);
    expect(refresh.err).to.contain('nothing listens');
  });

  it('before the first transfer an alias into it is answered alone, also to those who see the raw view', async () => {
    const server = make(
      `primary = { address = "${await deadEnd()}" }
[zone."other.test"]
transfer = [ { key = "secondary.", view = "raw" } ]`,
      { 'other.test.zone': `${ZONE}alias CNAME www.example.test.\n` },
    );
    await server.start();
    const questions = [{ name: name('alias.other.test'), type: RRType.A, class: RRClass.IN }];
    for (const isSigned of [false, true]) {
      expect(await ask(server, RRType.A, { questions }, isSigned)).to.include({
        rcode: 'NOERROR',
        answers: 1,
      });
    }
  });

  it('steers by itself what came raw from another Waypost; without its primary the zone goes', async () => {
    const primary = make('transfer = [ { key = "secondary.", view = "raw" } ]', {
      'example.test.zone': ZONE,
    });
    await primary.start();
    const server = make(`primary = { address = "127.0.0.1:${primary.port}", key = "secondary." }`);
    await server.start();
    await server.until(() => server.log.includes('secondary: new'));
    await runWaypost('zone', 'refresh', 'example.test', '-c', server.config);
    expect(await ask(server, RRType.A)).to.include(await ask(primary, RRType.A));
    expect(await ask(server, RRType.A)).to.include({ rcode: 'NOERROR' });
    const members = await runWaypost('member', 'list', 'www.example.test', '-c', server.config);
    expect(members.out, members.err).to.contain('192.0.2.1');
    const out = await runWaypost('member', 'out', 'www.example.test', '192.0.2.1', '-c', server.config);
    expect(out.err).to.contain('which only its primary changes');

    await server.end();
    await primary.end();
    await server.start();
    expect(await ask(server, RRType.A)).to.include({ rcode: 'NOERROR' });
    const text = readFileSync(server.config, 'utf8');
    writeFileSync(server.config, text.replace(/^primary.*$/m, ''));
    await runWaypost('zone', 'reload', '-c', server.config);
    expect(await ask(server, RRType.A)).to.include({ rcode: 'REFUSED' });
  });
});
