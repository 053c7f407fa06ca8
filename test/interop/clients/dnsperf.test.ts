import { expect } from 'chai';
import { CLIENT_ZONE, KeyedServer } from '../../support/keyed-server.ts';
import { needProgram, runProgram } from '../../support/programs.ts';

const APEX = 'example.test';
const HOSTS = 100;

describe('dnsperf -u', function () {
  this.timeout(60_000);
  let server: KeyedServer;

  before(async function () {
    needProgram(this, 'dnsperf');
    needProgram(this, 'dig');
    server = await KeyedServer.start({
      zones: { [APEX]: CLIENT_ZONE },
      keys: { 'ci.': 'hmac-sha256' },
      rules: { [APEX]: ['key = "ci.", names = ["**"], action = "edit"'] },
    });
  });
  after(() => server?.remove());

  it('signed updates, 20 at a time, prerequisites among them: none is lost, all are there', async () => {
    const blocks = Array.from(
      { length: HOSTS },
      (_, i) => `${APEX}\nprohibit p${i}\nrequire www A\nadd p${i} 60 A 192.0.2.${i}\nsend\n`,
    );
    const args = ['-u', '-s', '127.0.0.1', '-p', `${server.port}`, '-y', server.keyWord('ci.')];
    const { code, text } = await runProgram('dnsperf', [...args, '-n', '1', '-q', '20'], {
      input: blocks.join(''),
    });
    expect(code, text).to.equal(0);
    expect(text)
      .to.match(new RegExp(`Updates completed:\\s+${HOSTS} \\(100\\.00%\\)`))
      .and.to.match(new RegExp(`Response codes:\\s+NOERROR ${HOSTS} \\(100\\.00%\\)`));
    expect(await server.serial()).to.equal(1 + HOSTS);
    expect(await server.data(`p0.${APEX}`, 'A')).to.deep.equal(['192.0.2.0']);
    expect(await server.data(`p${HOSTS - 1}.${APEX}`, 'A')).to.deep.equal([`192.0.2.${HOSTS - 1}`]);
  });
});
