import { expect } from 'chai';
import { composeMessage } from '../../../src/message/compose.ts';
import { parseMessage } from '../../../src/message/parse.ts';
import { Opcode, RRClass } from '../../../src/wire/iana.ts';
import { soaSerial } from '../../../src/zone/serial.ts';
import { ChildServer, runWaypost } from '../../support/child-server.ts';
import { rr } from '../../support/rr.ts';
import { type ScriptedRequest, ScriptedServer } from '../../support/scripted-server.ts';
import { SECRET, tsigKey, verified } from '../../support/tsig.ts';

const KEY = tsigKey('secondary.');

function zoneFile(serial: number): string {
  return `@ 300 SOA ns hostmaster ${serial} 7200 900 1209600 300\n@ 300 NS ns\nns 300 A 192.0.2.53\n`;
}

/** A secondary that has what it was told last, unless it is `stuck`; it signs. */
class SigningSecondary {
  readonly told: number[] = [];
  isStuck = false;
  #serial = 0;

  answer({ octets, send }: ScriptedRequest): void {
    const request = parseMessage(octets);
    const nowS = Date.now() / 1000;
    const signer = verified(octets, KEY, nowS).reply();
    const isNotify = request.opcode === Opcode.NOTIFY;
    const [soa] = request.answers;
    if (isNotify && soa !== undefined) {
      this.told.push(soaSerial(soa.rdata));
      if (!this.isStuck) this.#serial = soaSerial(soa.rdata);
    }
    const own = { ...rr(`@ 300 SOA ns hostmaster ${this.#serial} 7200 900 1209600 300`), class: RRClass.IN };
    const answers = isNotify ? [] : [own];
    const reply = {
      ...request,
      flags: { ...request.flags, qr: true },
      answers,
      additionals: [],
      tsig: undefined,
    };
    send(signer.sign(composeMessage(reply), nowS));
  }
}

describe('telling secondaries', function () {
  this.timeout(30_000);
  const secondary = new SigningSecondary();
  let scripted: ScriptedServer | undefined;
  let server: ChildServer | undefined;

  before(async () => {
    scripted = await ScriptedServer.start((request) => secondary.answer(request));
    const { port } = scripted.endpoint;
    const settings = `[keys."secondary."]\nsecret = "${SECRET}"
[zone."example.test"]\nnotify = [ { address = "127.0.0.1:${port}", key = "secondary." } ]`;
    server = new ChildServer({ zones: { 'example.test.zone': zoneFile(7) }, settings });
    await server.start();
  });
  after(async () => {
    await server?.remove();
    await scripted?.close();
  });

  const run = (...args: string[]) => runWaypost(...args, '-c', server?.config ?? '');
  const edit = (serial: number): void => {
    server?.writeZone('example.test.zone', zoneFile(serial));
    server?.signal('SIGHUP');
  };

  it('announces the zone, and waypost zone wait ends when the secondary has it', async () => {
    const { code, out } = await run('zone', 'wait', 'Example.test');
    expect(out).to.equal('example.test. serial 7: its secondary has it\n');
    expect(code).to.equal(0);
    expect(secondary.told).to.deep.equal([7]);
  });

  it('tells a new serial; waiting for it may begin before it is there', async () => {
    const waiting = run('zone', 'wait', 'example.test', '--serial', '8', '--json');
    edit(8);
    const { code, out } = await waiting;
    expect(JSON.parse(out)).to.include({ zone: 'example.test.', serial: 8, isReached: true });
    expect(code).to.equal(0);
    expect(secondary.told).to.deep.equal([7, 8]);
  });

  it('shows who is behind when the time is out, and in waypost status', async () => {
    secondary.isStuck = true;
    edit(10);
    await server?.until(() => (server?.log.match(/example\.test\. changed/g) ?? []).length === 2);
    const { code, out } = await run('zone', 'wait', 'example.test', '--timeout', '1');
    expect(code).to.equal(1);
    const address = `127.0.0.1:${scripted?.endpoint.port}`;
    const [head, , titles, row] = out.split('\n');
    expect(head).to.equal('example.test. serial 10: the time is out, 1 of 1 secondaries lack it');
    expect(titles).to.match(/^zone +secondary +serial +lag +since +state$/);
    expect(row).to.match(new RegExp(`^example\\.test\\. +${address} +8 +2 +\\d s +behind, seen 0 s ago$`));
    expect((await run('status')).out).to.match(/\nexample\.test\. +127\.0\.0\.1:\d+ +8 +2 +\d s +behind, /);
    const status = JSON.parse((await run('status', '--json')).out);
    expect(status.secondaries[0]).to.include({ zone: 'example.test.', address, standing: 'behind', lag: 2 });
  });

  it('says what is wrong with the zone, the serial and the time', async () => {
    const wrong = await Promise.all([
      run('zone', 'wait'),
      run('zone', 'wait', 'a..b'),
      run('zone', 'wait', 'example.test', '--serial', '4294967296'),
      run('zone', 'wait', 'other.test'),
    ]);
    expect(wrong.map(({ code }) => code)).to.deep.equal([2, 2, 2, 1]);
    expect(wrong[0]?.err).to.contain('zone wait: NAME is wanted');
    expect(wrong[3]?.err).to.contain('nobody is told of other.test.: name its secondaries in notify');
    expect(server?.log).to.not.contain('control: request failed');
  });
});
