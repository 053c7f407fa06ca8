import { expect } from 'chai';
import { CLIENT_ZONE, KeyedServer } from '../../support/keyed-server.ts';
import { needProgram, runProgram } from '../../support/programs.ts';

const APEX = 'example.test';

describe('ddclient, protocol nsupdate', function () {
  this.timeout(60_000);
  let server: KeyedServer;

  before(async function () {
    needProgram(this, 'ddclient');
    needProgram(this, 'nsupdate');
    needProgram(this, 'dig');
    server = await KeyedServer.start({
      zones: { [APEX]: CLIENT_ZONE },
      keys: { 'home.': 'hmac-sha256' },
      rules: { [APEX]: ['key = "home.", names = ["home"], types = ["A", "AAAA"], action = "edit"'] },
    });
  });
  after(() => server?.remove());

  async function report(address: string, tcp: string): Promise<string> {
    const config = server.file(
      'ddclient.conf',
      `daemon=0
use=ip
ip=${address}
protocol=nsupdate \\
server=127.0.0.1:${server.port} \\
password=${server.keyFile('home.')} \\
zone=${APEX} \\
ttl=60 \\
tcp=${tcp} \\
home.${APEX}
`,
    );
    const own = ['-cache', server.path(`${address}.cache`), '-pid', server.path('ddclient.pid')];
    const args = ['-daemon', '0', '-foreground', '-file', config, ...own];
    const { code, text } = await runProgram('ddclient', args);
    expect(code, text).to.equal(0);
    return text;
  }

  it('sets an address, replaces it, over UDP and TCP', async () => {
    for (const [address, tcp] of [
      ['192.0.2.99', 'no'],
      ['192.0.2.100', 'yes'],
    ] as const) {
      expect(await report(address, tcp)).to.contain(`IP address set to ${address}`);
      expect(await server.data(`home.${APEX}`, 'A')).to.deep.equal([address]);
    }
  });
});
