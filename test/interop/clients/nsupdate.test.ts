import { expect } from 'chai';
import { runWaypost } from '../../support/child-server.ts';
import { CLIENT_ZONE, KeyedServer } from '../../support/keyed-server.ts';
import { type Ended, needProgram, runProgram } from '../../support/programs.ts';

const APEX = 'example.test';
const ALGORITHMS = [
  'hmac-md5',
  'hmac-sha1',
  'hmac-sha224',
  'hmac-sha256',
  'hmac-sha384',
  'hmac-sha512',
  'hmac-sha256-128',
];
const DONE: Ended = { code: 0, text: '' };

describe('nsupdate', function () {
  this.timeout(60_000);
  let server: KeyedServer;

  before(async function () {
    needProgram(this, 'nsupdate');
    needProgram(this, 'dig');
    server = await KeyedServer.start({
      zones: { [APEX]: CLIENT_ZONE, 'lab.test': CLIENT_ZONE },
      keys: {
        'ci.': 'hmac-sha256',
        'acme.': 'hmac-sha256',
        'lab.': 'hmac-sha256',
        ...Object.fromEntries(ALGORITHMS.map((algorithm) => [`${algorithm}.k.`, algorithm])),
      },
      rules: {
        [APEX]: [
          ...['ci.', ...ALGORITHMS.map((algorithm) => `${algorithm}.k.`)].map(
            (key) => `key = "${key}", names = ["**"], action = "edit"`,
          ),
          'key = "acme.", names = ["_acme-challenge.**"], types = ["TXT"], action = "edit"',
        ],
        'lab.test': ['key = "lab.", names = ["**"], action = "edit"'],
      },
    });
  });
  after(() => server?.remove());

  /** Runs nsupdate with lines after `server`. */
  function nsupdate(args: readonly string[], ...lines: readonly string[]): Promise<Ended> {
    const input = [`server 127.0.0.1 ${server.port}`, ...lines, 'send', ''].join('\n');
    return runProgram('nsupdate', args, { input });
  }

  /** Runs nsupdate with the key ci.; it finds the zone by itself. */
  function change(...lines: readonly string[]): Promise<Ended> {
    return nsupdate(['-k', server.keyFile('ci.')], ...lines);
  }

  describe('-k, -y, -v', () => {
    it('finds the zone by itself, from a name in it and from a name that is not there yet', async () => {
      expect(await change(`update add www.${APEX} 60 A 192.0.2.3`)).to.deep.equal(DONE);
      expect(await server.data(`www.${APEX}`, 'A')).to.deep.equal(['192.0.2.1', '192.0.2.2', '192.0.2.3']);
      expect(await change(`update add a.b.new.${APEX} 60 A 192.0.2.4`)).to.deep.equal(DONE);
      expect(await server.data(`a.b.new.${APEX}`, 'A')).to.deep.equal(['192.0.2.4']);
    });

    for (const word of ALGORITHMS) {
      it(`-y with ${word}`, async () => {
        const key = server.keyWord(`${word}.k.`);
        const owner = `${word}.${APEX}`;
        const { code, text } = await nsupdate(['-y', key], `update add ${owner} 60 TXT "${word}"`);
        expect(code, text).to.equal(0);
        expect(await server.data(owner, 'TXT')).to.deep.equal([`"${word}"`]);
      });
    }

    it('-v: the same over TCP, several updates in a row', async () => {
      const before = await server.serial();
      const lines = [1, 2, 3].flatMap((i) => [`update add tcp.${APEX} 60 A 192.0.2.${i}`, 'send']);
      expect(await nsupdate(['-v', '-k', server.keyFile('ci.')], ...lines)).to.deep.equal(DONE);
      expect(await server.data(`tcp.${APEX}`, 'A')).to.have.length(3);
      expect(await server.serial()).to.equal(before + 3);
    });

    it('-k with the file that waypost key --write makes', async () => {
      const made = await runWaypost('key', 'made.', '--write', server.path('keys'));
      expect(made.code, made.err).to.equal(0);
      const lines = /^\[keys[\s\S]*?(?=\n\n)/m.exec(made.out)?.[0] ?? expect.fail(made.out);
      const other = await KeyedServer.start({
        zones: { [APEX]: CLIENT_ZONE },
        keys: {},
        rules: { [APEX]: ['key = "made.", names = ["**"], action = "edit"'] },
        settings: lines,
      });
      try {
        const input = `server 127.0.0.1 ${other.port}\nupdate delete www.${APEX} A\nsend\n`;
        const outcome = await runProgram('nsupdate', ['-k', server.path('keys/made.key')], { input });
        expect(outcome).to.deep.equal(DONE);
        expect(await other.data(`www.${APEX}`, 'A')).to.deep.equal([]);
      } finally {
        await other.remove();
      }
    });
  });

  describe('prerequisites', () => {
    const FORMS = {
      'yxdomain old': 'nxdomain old',
      'nxdomain nobody': 'yxdomain nobody',
      'yxrrset old A': 'nxrrset old A',
      'nxrrset old AAAA': 'yxrrset old AAAA',
      'yxrrset old A 192.0.2.7': 'yxrrset old A 192.0.2.8',
    };
    const FAILS: Readonly<Record<string, string>> = {
      'nxdomain old': 'YXDOMAIN',
      'yxdomain nobody': 'NXDOMAIN',
      'nxrrset old A': 'YXRRSET',
      'yxrrset old AAAA': 'NXRRSET',
      'yxrrset old A 192.0.2.8': 'NXRRSET',
    };

    for (const [holds, fails] of Object.entries(FORMS)) {
      const line = (form: string): string => `prereq ${form.replace(/ (old|nobody)/, ` $1.${APEX}`)}`;
      it(`'prereq ${holds}' holds, 'prereq ${fails}' is ${FAILS[fails]}`, async () => {
        const owner = `${holds.replaceAll(/\W+/g, '-')}.${APEX}`;
        const add = `update add ${owner} 60 A 192.0.2.9`;
        expect(await change(line(holds), add)).to.deep.equal(DONE);
        expect(await server.data(owner, 'A')).to.deep.equal(['192.0.2.9']);
        const serial = await server.serial();
        expect(await change(line(fails), `update delete ${owner}`)).to.deep.equal({
          code: 2,
          text: `update failed: ${FAILS[fails]}\n`,
        });
        expect(await server.serial()).to.equal(serial);
      });
    }

    it('an RRset is compared whole: a part of it is NXRRSET', async () => {
      const [one, two] = [1, 2].map((i) => `prereq yxrrset set.${APEX} A 192.0.2.${i}`);
      const add = [1, 2].map((i) => `update add set.${APEX} 60 A 192.0.2.${i}`);
      expect(await change(...add)).to.deep.equal(DONE);
      expect(await change(`${one}`)).to.deep.equal({ code: 2, text: 'update failed: NXRRSET\n' });
      expect(await change(`${two}`, `${one}`)).to.deep.equal(DONE);
    });
  });

  it('many records in one message, which counts once', async () => {
    const serial = await server.serial();
    const lines = Array.from({ length: 200 }, (_, i) => `update add many.${APEX} 60 A 198.51.100.${i}`);
    const more = [
      `update delete old.${APEX} TXT`,
      `update add old.${APEX} 60 TXT "first" "second"`,
      `update add _sip._tcp.${APEX} 60 SRV 0 5 5060 www.${APEX}.`,
      `update add ${APEX} 60 CAA 0 issue "ca.example"`,
    ];
    expect(await change(...lines, ...more)).to.deep.equal(DONE);
    expect(await server.data(`many.${APEX}`, 'A')).to.have.length(200);
    expect(await server.data(`old.${APEX}`, 'TXT')).to.deep.equal(['"first" "second"']);
    expect(await server.data(`_sip._tcp.${APEX}`, 'SRV')).to.deep.equal([`0 5 5060 www.${APEX}.`]);
    expect(await server.data(APEX, 'CAA')).to.deep.equal(['0 issue "ca.example"']);
    expect(await server.serial()).to.equal(serial + 1);
  });

  it('records of many types come and go', async () => {
    const records = [
      'AAAA 2001:db8::1',
      'CAA 0 issue "ca.example"',
      `SRV 0 5 5060 www.${APEX}.`,
      'NAPTR 10 10 "u" "sip" "!^.*$!sip:x@example.test!" .',
      `TLSA 3 1 1 ${'01'.repeat(32)}`,
      `SSHFP 1 1 ${'01'.repeat(20)}`,
      'HTTPS 1 . alpn=h2',
      'LOC 51 30 12.748 N 0 7 39.611 W 0.00m',
      'URI 10 1 "https://example.test/"',
      'OPENPGPKEY AQID',
      'RP a.example. b.example.',
      'TYPE65281 \\# 2 0102',
    ];
    expect(await change(...records.map((data) => `update add types.${APEX} 60 ${data}`))).to.deep.equal(DONE);
    expect(await server.data(`types.${APEX}`, 'HTTPS')).to.deep.equal(['1 . alpn="h2"']);
    expect(await server.data(`types.${APEX}`, 'TYPE65281')).to.deep.equal(['\\# 2 0102']);
    const gone = records.map((data) => `update delete types.${APEX} ${data}`);
    expect(await change(...gone)).to.deep.equal(DONE);
    expect(await server.dig(`types.${APEX}`, 'ANY')).to.contain('status: NXDOMAIN');
  });

  it('an update of 60 KiB', async () => {
    const text = 'x'.repeat(200);
    const lines = Array.from({ length: 270 }, (_, i) => `update add big${i}.${APEX} 60 TXT "${text}"`);
    expect(await change(...lines)).to.deep.equal(DONE);
    expect(await server.data(`big269.${APEX}`, 'TXT')).to.deep.equal([`"${text}"`]);
    const gone = Array.from({ length: 270 }, (_, i) => `update delete big${i}.${APEX}`);
    expect(await change(...gone)).to.deep.equal(DONE);
    expect(await server.dig(`big0.${APEX}`, 'TXT')).to.contain('status: NXDOMAIN');
  });

  describe('is told what is wrong, and so is the log', () => {
    interface Wrong {
      readonly args?: () => readonly string[];
      readonly lines: readonly string[];
      readonly says: string;
      readonly log: RegExp;
    }
    const add = `update add bad.${APEX} 60 A 192.0.2.66`;
    const WRONGS: Readonly<Record<string, Wrong>> = {
      'a key without the right': {
        args: () => ['-k', server.keyFile('acme.')],
        lines: [`zone ${APEX}`, add],
        says: 'update failed: REFUSED',
        log: /key acme\. may not change A at bad\.example\.test: rule 9 allows TXT at _acme-challenge/,
      },
      'a key for another zone': {
        args: () => ['-k', server.keyFile('lab.')],
        lines: [`zone ${APEX}`, add],
        says: 'update failed: REFUSED',
        log: /no rule names it; it has rules in lab\.test/,
      },
      'no key': {
        args: () => [],
        lines: [`zone ${APEX}`, add],
        says: 'update failed: REFUSED',
        log: /the update is not signed/,
      },
      'a key that is not known': {
        args: () => ['-y', server.keyWord('who.')],
        lines: [`zone ${APEX}`, add],
        says: 'update failed: NOTAUTH(BADKEY)',
        log: /there is no key who\. here/,
      },
      'another algorithm': {
        args: () => ['-y', server.keyWord('ci.').replace('sha256', 'sha512')],
        lines: [`zone ${APEX}`, add],
        says: 'update failed: NOTAUTH(BADKEY)',
        log: /hmac-sha512/,
      },
      'another secret': {
        args: () => ['-y', server.keyWord('ci.', 'bm90IHRoZSBzZWNyZXQgYXQgYWxsLCBzb3JyeSEhISE=')],
        lines: [`zone ${APEX}`, add],
        says: 'update failed: NOTAUTH(BADSIG)',
        log: /the client has another secret for key ci\./,
      },
      'a name outside the zone': {
        lines: [`zone ${APEX}`, 'update add www.example.org 60 A 192.0.2.66'],
        says: 'update failed: NOTZONE',
        log: /www\.example\.org is not in zone example\.test/,
      },
      'a zone that is not here': {
        lines: ['zone example.org', 'update add www.example.org 60 A 192.0.2.66'],
        says: 'update failed: NOTAUTH',
        log: /zone example\.org is not served here/,
      },
      'a change that the zone cannot be served with': {
        lines: [`zone ${APEX}`, `update add _steer.www.${APEX} 60 TXT "policy ordr=rotate"`],
        says: 'update failed: REFUSED',
        log: /ordr/,
      },
    };

    for (const [what, wrong] of Object.entries(WRONGS)) {
      it(what, async () => {
        const logged = server.markLog();
        const serial = await server.serial();
        const { code, text } = await nsupdate(
          wrong.args?.() ?? ['-k', server.keyFile('ci.')],
          ...wrong.lines,
        );
        expect(text).to.contain(wrong.says);
        expect(code).to.equal(2);
        await server.child.until(() => wrong.log.test(logged()));
        expect(await server.serial()).to.equal(serial);
      });
    }

    it('who sends EDNS gets the reason in the answer', async () => {
      const ask = async (key: string): Promise<string> =>
        (await server.dig('+opcode=UPDATE', '+norec', '-y', server.keyWord(key), APEX, 'SOA')).replaceAll(
          '"',
          '',
        );
      expect(await ask('lab.')).to.match(
        /status: REFUSED[\s\S]*EDE: 18 \(Prohibited\): \(key lab\. may not change zone example\.test: no rule names it/,
      );
      expect(await ask('who.')).to.match(/status: NOTAUTH[\s\S]*EDE: .*\(there is no key who\. here\)/);
      expect(await ask('ci.')).to.match(/status: NOERROR/);
    });
  });
});
