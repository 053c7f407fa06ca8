import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { CLIENT_ZONE, KeyedServer } from '../../support/keyed-server.ts';
import { type Ended, needProgram, needThat, type RunOptions, runProgram } from '../../support/programs.ts';

const APEX = 'example.test';
const DONE: Ended = { code: 0, text: '' };
/** The wrapper `faketime` waits for a child of its own, which a time limit would leave behind. */
const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';

describe('knsupdate', function () {
  this.timeout(60_000);
  let server: KeyedServer;

  before(async function () {
    needProgram(this, 'knsupdate');
    needProgram(this, 'dig');
    server = await KeyedServer.start({
      zones: { [APEX]: CLIENT_ZONE },
      keys: { 'ci.': 'hmac-sha256', 'old.': 'hmac-md5' },
      rules: {
        [APEX]: ['ci.', 'old.'].map((key) => `key = "${key}", names = ["**"], action = "edit"`),
      },
    });
  });
  after(() => server?.remove());

  /** It does not look for the zone. */
  function knsupdate(args: readonly string[], lines: readonly string[], more?: RunOptions): Promise<Ended> {
    const input = [`server 127.0.0.1 ${server.port}`, `zone ${APEX}.`, ...lines, 'send', ''].join('\n');
    return runProgram('knsupdate', args, { ...more, input });
  }

  it('-k: prerequisites, additions and deletions in one message', async () => {
    const file = server.file('ci.knsupdate', `${server.keyWord('ci.')}\n`);
    const lines = [
      `prereq yxdomain old.${APEX}.`,
      `prereq nxdomain new.${APEX}.`,
      `prereq yxrrset old.${APEX}. A 192.0.2.7`,
      `prereq nxrrset old.${APEX}. AAAA`,
      `update delete old.${APEX}. TXT`,
      `update delete www.${APEX}. A 192.0.2.1`,
      `update add new.${APEX}. 60 A 192.0.2.9`,
      `update add new.${APEX}. 60 AAAA 2001:db8::9`,
    ];
    expect(await knsupdate(['-k', file], lines)).to.deep.equal(DONE);
    expect(await server.data(`old.${APEX}`, 'TXT')).to.deep.equal([]);
    expect(await server.data(`www.${APEX}`, 'A')).to.deep.equal(['192.0.2.2']);
    expect(await server.data(`new.${APEX}`, 'AAAA')).to.deep.equal(['2001:db8::9']);
  });

  it('-y with hmac-md5, and -v over TCP', async () => {
    const lines = [`update add tcp.${APEX}. 60 A 192.0.2.10`];
    expect(await knsupdate(['-v', '-y', server.keyWord('old.')], lines)).to.deep.equal(DONE);
    expect(await server.data(`tcp.${APEX}`, 'A')).to.deep.equal(['192.0.2.10']);
  });

  it('a prerequisite that does not hold', async () => {
    const lines = [`prereq nxdomain www.${APEX}.`, `update delete www.${APEX}.`];
    const { code, text } = await knsupdate(['-y', server.keyWord('ci.')], lines);
    expect(code).to.equal(1);
    expect(text).to.contain("update failed with error 'YXDOMAIN'");
    expect(await server.data(`www.${APEX}`, 'A')).to.not.have.length(0);
  });

  it('with a clock two hours behind: BADTIME, and the log says by how much', async function () {
    needThat(this, 'faketime', existsSync(FAKETIME));
    const logged = server.markLog();
    const env = { LD_PRELOAD: FAKETIME, FAKETIME: '-2h', FAKETIME_DONT_FAKE_MONOTONIC: '1' };
    const lines = [`update delete www.${APEX}.`, 'send', 'answer'];
    const { code, text } = await knsupdate(['-y', server.keyWord('ci.')], lines, { env });
    expect(code).to.equal(1);
    expect(text).to.contain('TSIG out of time window').and.to.contain('status: BADTIME');
    await server.child.until(() => /signed by a clock 7200 s behind/.test(logged()));
    expect(await server.data(`www.${APEX}`, 'A')).to.not.have.length(0);
  });
});
