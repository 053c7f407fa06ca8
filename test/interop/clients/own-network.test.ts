import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { linesOf } from '../../support/keyed-server.ts';
import { needProgram, needThat, runProgram } from '../../support/programs.ts';
import { SECRET } from '../../support/tsig.ts';

const ZONE = `$TTL 60
@ SOA ns1 hostmaster 1 7200 900 1209600 60
@ NS ns1
ns1 A 127.0.0.1
www A 192.0.2.1
`;

/** Programs that can only be told a domain name: they ask the system's resolver and use port 53. */
describe('clients that find the server by themselves', function () {
  this.timeout(60_000);
  let directory = '';

  before(async function () {
    for (const program of ['unshare', 'ip', 'dig', 'nsupdate']) needProgram(this, program);
    const may = await runProgram('unshare', ['--net', '--mount', 'true']);
    needThat(this, 'a network of its own (unshare --net) is not allowed here, or unshare', may.code === 0);
    directory = mkdtempSync(join(tmpdir(), 'waypost-network-'));
    mkdirSync(join(directory, 'zones'));
    writeFileSync(join(directory, 'zones/example.test.zone'), ZONE);
    writeFileSync(join(directory, 'ci.key'), `key "ci." { algorithm hmac-sha256; secret "${SECRET}"; };\n`);
    const config = `listen = ["127.0.0.1:53"]
zones = "zones"
data = "data"
[keys."ci."]
secret = "${SECRET}"
[keys."old."]
algorithm = "hmac-sha1"
secret = "${SECRET}"
[zone."example.test"]
update = [
  { key = "ci.", names = ["**"], action = "edit" },
  { key = "old.", names = ["home"], types = ["A", "AAAA"], action = "edit" },
]
`;
    writeFileSync(join(directory, 'waypost.toml'), config, { mode: 0o600 });
  });
  after(() => {
    if (directory !== '') rmSync(directory, { recursive: true, force: true });
  });

  async function inOwnNetwork(...commands: readonly string[]): Promise<readonly string[]> {
    const script = resolve('test/interop/clients/own-network.sh');
    const main = resolve('dist/src/cli/main.js');
    const args = ['--net', '--mount', 'sh', script, directory, process.execPath, main];
    const { code, text } = await runProgram('unshare', args, { input: `${commands.join('\n')}\n` });
    expect(code, text).to.equal(0);
    return linesOf(text);
  }

  it('nsupdate -k without server and zone lines', async () => {
    const lines = await inOwnNetwork(
      "printf 'update add new.example.test 60 A 192.0.2.9\\nsend\\n' | nsupdate -k ci.key",
      'dig +short new.example.test A',
      "printf 'update delete a.b.www.example.test\\nupdate add www.example.test 60 A 192.0.2.2\\nsend\\n' | nsupdate -v -k ci.key",
      'dig +short www.example.test A | sort',
    );
    expect(lines).to.deep.equal(['192.0.2.9', '192.0.2.1', '192.0.2.2']);
  });

  // it knows hmac-md5 and hmac-sha1 only
  it('ldns-update: adds an address to those that are there, and takes all away', async function () {
    needProgram(this, 'ldns-update');
    const update = (address: string): string =>
      `ldns-update home.example.test ${address} old. hmac-sha1 ${SECRET} >said 2>&1 || cat said`;
    const look = 'dig +short home.example.test A | sort';
    const lines = await inOwnNetwork(
      ...[update('192.0.2.33'), update('192.0.2.34'), look, update('none'), look],
    );
    expect(lines).to.deep.equal(['192.0.2.33', '192.0.2.34']);
  });
});
