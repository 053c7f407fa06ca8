import { expect } from 'chai';
import { UsageError } from '../../../src/cli/arguments.ts';
import { MEMBER } from '../../../src/cli/commands/member.ts';
import { parseMessage } from '../../../src/message/parse.ts';
import { RRType } from '../../../src/wire/iana.ts';
import { query } from '../../support/answering.ts';
import { ChildServer, runWaypost } from '../../support/child-server.ts';
import { QuestionClient } from '../../support/question-client.ts';
import { name } from '../../support/rr.ts';
import { capture } from '../capture.ts';

const ZONE = `$TTL 300
@ SOA ns hostmaster 7 7200 900 1209600 300
@ NS ns
ns A 192.0.2.53
www A 192.0.2.1
www A 192.0.2.2
_steer.www TXT "order=rotate min=2"
_steer.www TXT "192.0.2.2 weight=3"
_steer.www TXT "192.0.2.2 down by=mon. since=2026-11-22T09:58:41Z reason=timeout"
`;

describe('waypost member', function () {
  this.timeout(30_000);
  const servers: ChildServer[] = [];
  after(async () => {
    for (const server of servers) await server.remove();
  });

  it('puts the operator’s word into the zone of a running server, and tells how the members stand', async () => {
    const server = new ChildServer({ zones: { 'example.test.zone': ZONE } });
    servers.push(server);
    await server.start();
    const member = (...words: string[]) => runWaypost('member', ...words, '-c', server.config);
    const word = ['www.example.test', '192.0.2.1', '--until', '2999-01-01T00:00:00Z'];
    expect((await member('out', ...word)).err).to.contain('over ten years away');
    const out = await member('out', 'www.example.test', '192.0.2.1', '--until', '1d', '--reason', 'new disk');
    expect(out.code).to.equal(0);
    expect(out.out).to.match(
      /^www\.example\.test\. 192\.0\.2\.1 is out until \S+Z \(new-disk\); A: 0 of 2 live; serial 8\n$/,
    );
    expect(out.err).to.match(
      /^warning: www\.example\.test\. A: 0 of 2 members live, .* answers 192\.0\.2\.2\n$/,
    );
    const list = await member('www.example.test');
    expect(
      list.out.replaceAll(/until \S+/g, 'until T').replaceAll(/ {2,}/g, '  '),
    ).to.equal(`policy: order=rotate min=2

www.example.test. A: 0 of 2 live; fewer than the 2 that min wants: it fails open, * is answered
member  state  who says so  attributes
192.0.2.1  out  operator: out until T (new-disk)
192.0.2.2  down*  mon. down since 2026-11-22T09:58:41Z (timeout)  weight=3
`);
    const json = await member('list', 'www.example.test', '--json');
    expect(JSON.parse(json.out)).to.deep.include({ owner: 'www.example.test.', quorum: 1 });
    expect((await member('auto', 'www.example.test.', '192.0.2.1')).out).to.equal(
      'www.example.test. 192.0.2.1 is as monitors say; A: 1 of 2 live; serial 9\n',
    );
    const client = await QuestionClient.open(server.port);
    const { answers } = parseMessage(await client.ask(query(name('example.test'), RRType.SOA)));
    client.close();
    expect(answers).to.have.lengthOf(1);
    expect(server.log).to.match(/info member: out by the operator .* by=\S+ serial=8/);
  });

  for (const [words, message] of [
    [[], /^out, up, auto or list\?$/],
    [['out', 'www.example.test'], /NAME and MEMBER are wanted, such as: out /],
    [['out', 'www.example.test', '192.0.2.1', 'now'], /^unexpected argument 'now'$/],
    [['list'], /NAME is wanted/],
    [['list', 'a.example.test', 'b.example.test'], /^unexpected argument 'b\.example\.test'$/],
    [['otu', 'www.example.test', '192.0.2.1'], /no 'member otu'; did you mean out\?$/],
    [['drain', 'www.example.test'], /no 'member drain'; out, up, auto or list\?$/],
    [['auto', 'www.example.test', '192.0.2.1', '--until', '1h'], /^--until goes with out and up only$/],
    [['www.example.test', '--reason', 'disk'], /^--reason goes with out and up only$/],
  ] as const) {
    it(`does not understand: ${words.join(' ')}`, async () => {
      const error = await MEMBER.run(words, capture()).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(UsageError).with.property('message').that.matches(message);
    });
  }
});
