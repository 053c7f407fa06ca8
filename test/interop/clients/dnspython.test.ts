import { expect } from 'chai';
import { CLIENT_ZONE, KeyedServer, linesOf } from '../../support/keyed-server.ts';
import { needProgram, needThat, runProgram } from '../../support/programs.ts';
import { SECRET } from '../../support/tsig.ts';

const APEX = 'example.test';
/** Debian's: that is what has its python3-dnspython. */
const PYTHON = '/usr/bin/python3';
const SCRIPT = 'test/interop/clients/dnspython-client.py';

describe('dnspython', function () {
  this.timeout(60_000);
  let server: KeyedServer;

  before(async function () {
    needProgram(this, PYTHON);
    const { code } = await runProgram(PYTHON, ['-c', 'import dns.update, dns.query']);
    needThat(this, 'python3-dnspython', code === 0);
    needProgram(this, 'dig');
    server = await KeyedServer.start({
      zones: { [APEX]: CLIENT_ZONE },
      keys: { 'ci.': 'hmac-sha256', 'www.': 'hmac-sha256' },
      rules: {
        [APEX]: [
          'key = "ci.", names = ["**"], action = "edit"',
          'key = "www.", names = ["www"], action = "edit"',
        ],
      },
    });
  });
  after(() => server?.remove());

  async function python(what: string, key = 'ci.'): Promise<readonly string[]> {
    const { code, text } = await runProgram(PYTHON, [SCRIPT, `${server.port}`, APEX, key, SECRET, what]);
    expect(code, text).to.equal(0);
    return linesOf(text);
  }

  it('prerequisites of all forms over TCP', async () => {
    const outcomes = await python('prerequisites');
    expect(outcomes.map((line) => line.replace(' signed', ''))).to.deep.equal([
      ...Array.from({ length: 5 }, () => 'NOERROR'),
      'YXDOMAIN',
      'YXRRSET',
      'NXDOMAIN',
      'NXRRSET',
    ]);
  });

  it('adds, replaces and deletes in one signed message', async () => {
    expect(await python('change')).to.deep.equal(['NOERROR signed']);
    expect(await server.data(`new.${APEX}`, 'A')).to.deep.equal(['192.0.2.9']);
    expect(await server.data(`www.${APEX}`, 'A')).to.deep.equal(['192.0.2.77']);
    expect(await server.data(`old.${APEX}`, 'TXT')).to.deep.equal([]);
  });

  it('fetches the zone, its query with RD set', async () => {
    const lines = await python('transfer');
    expect(lines).to.include('ns1 300 IN A 192.0.2.53');
    expect(lines.filter((line) => / SOA /.test(line))).to.have.length(1);
  });

  it('is told in the answer why it is refused', async () => {
    expect(await python('refused', 'www.')).to.deep.equal([
      'REFUSED signed key www. may not change MX at www.sub.example.test: rule 2 allows any type at www',
    ]);
  });

  it('with a clock behind: BADTIME, signed', async () => {
    expect(await python('clock')).to.deep.equal(["BADTIME The peer didn't like the time we sent"]);
  });
});
