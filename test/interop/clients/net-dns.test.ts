import { expect } from 'chai';
import { CLIENT_ZONE, KeyedServer, linesOf } from '../../support/keyed-server.ts';
import { needProgram, needThat, runProgram } from '../../support/programs.ts';

const APEX = 'example.test';

describe('Net::DNS', function () {
  this.timeout(60_000);
  let server: KeyedServer;

  before(async function () {
    const { code } = await runProgram('perl', ['-MNet::DNS', '-e', '1']);
    needThat(this, 'libnet-dns-perl', code === 0);
    needProgram(this, 'dig');
    server = await KeyedServer.start({
      zones: { [APEX]: CLIENT_ZONE },
      keys: { 'ci.': 'hmac-sha256' },
      rules: { [APEX]: ['key = "ci.", names = ["**"], action = "edit"'] },
    });
  });
  after(() => server?.remove());

  it('changes, prerequisites, deletions, TCP and a wrong clock, all replies verified', async () => {
    const script = 'test/interop/clients/net-dns-client.pl';
    const { code, text } = await runProgram('perl', [script, `${server.port}`, APEX, server.keyFile('ci.')]);
    expect(code, text).to.equal(0);
    expect(linesOf(text)).to.deep.equal([
      'NOERROR verified',
      'NXRRSET verified',
      'NOERROR verified',
      'NOERROR verified',
      'NOTAUTH BADTIME',
    ]);
    expect(await server.data(`new.${APEX}`, 'A')).to.deep.equal(['192.0.2.9']);
    expect(await server.data(`www.${APEX}`, 'A')).to.deep.equal(['192.0.2.2']);
    expect(await server.dig(`old.${APEX}`, 'ANY')).to.contain('status: NXDOMAIN');
    expect(await server.data(`tcp.${APEX}`, 'TXT')).to.deep.equal(['"over TCP"']);
    expect(await server.dig(`late.${APEX}`, 'A')).to.contain('status: NXDOMAIN');
  });
});
