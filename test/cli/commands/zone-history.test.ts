import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { WaypostError } from '../../../src/base/errors.ts';
import { UsageError } from '../../../src/cli/arguments.ts';
import { ZONE } from '../../../src/cli/commands/zone.ts';
import { ChildServer } from '../../support/child-server.ts';
import { capture } from '../capture.ts';

const HEAD = '$TTL 60\n@ 3600 SOA ns1 hostmaster SERIAL 7200 900 1209600 300\n@ NS ns1\nns1 A 192.0.2.53\n';

function zoneText(serial: number, ...lines: readonly string[]): string {
  return `${HEAD.replace('SERIAL', String(serial))}${lines.join('\n')}\n`;
}

describe('waypost zone history, show, diff, undo, export', function () {
  this.timeout(30_000);
  let server: ChildServer;

  before(async () => {
    server = new ChildServer({
      zones: { 'example.test.zone': zoneText(7, 'www A 192.0.2.1', '*.odd TXT "a;b" \\255') },
    });
    await server.start();
    server.writeZone('example.test.zone', zoneText(7, 'www A 192.0.2.2', '*.odd TXT "a;b" \\255'));
    await zone('reload');
    server.writeZone(
      'example.test.zone',
      zoneText(7, 'www A 192.0.2.2', 'a A 192.0.2.4', '*.odd TXT "a;b" \\255'),
    );
    await zone('reload');
  });
  after(() => server.remove());

  async function zone(...words: readonly string[]): Promise<{ code: number; out: string; err: string }> {
    const terminal = capture();
    const code = await ZONE.run([...words, '-c', server.config], terminal);
    return { code, ...terminal.texts() };
  }

  async function errorOf(...words: readonly string[]): Promise<string> {
    const failure = await zone(...words).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(WaypostError);
    return failure instanceof Error ? failure.message : '';
  }

  it('history is a table, the newest first', async () => {
    const { out } = await zone('history', 'example.test');
    const lines = out
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:]+Z/g, '2026-11-22T10:00:00Z')
      .replaceAll(server.directory, '')
      .split('\n');
    expect(lines).to.deep.equal([
      'from  to  when                  removed  added  who',
      '   8   9  2026-11-22T10:00:00Z              +1  file /zones/example.test.zone',
      '   7   8  2026-11-22T10:00:00Z       −1     +1  file /zones/example.test.zone',
      '       7  2026-11-22T10:00:00Z              +5  file /zones/example.test.zone (loaded)',
      '',
    ]);
  });

  it('history --records -n 1 shows what the newest change did; --json is the same for programs', async () => {
    const { out } = await zone('history', 'example.test', '--records', '-n', '1');
    expect(out.split('\n').slice(2)).to.deep.equal([
      '- example.test. 3600 SOA ns1.example.test. hostmaster.example.test. 8 7200 900 1209600 300',
      '+ example.test. 3600 SOA ns1.example.test. hostmaster.example.test. 9 7200 900 1209600 300',
      '+ a.example.test. 60 A 192.0.2.4',
      '',
      '',
    ]);
    const [entry] = JSON.parse((await zone('history', 'example.test', '--records', '-n', '1', '--json')).out);
    expect(entry).to.deep.include({ action: 'change', serialFrom: 8, serialTo: 9, removed: 0, added: 1 });
    expect(entry.records.at(-1)).to.deep.equal({
      sign: '+',
      owner: 'a.example.test.',
      ttl: 60,
      type: 'A',
      data: '192.0.2.4',
    });
  });

  it('show --at shows the zone as it was, diff what has changed', async () => {
    expect((await zone('show', 'example.test.', '--at', '7')).out).to.match(
      /^; zone example\.test\., serial 7\n[\s\S]*^www .* 192\.0\.2\.1$/m,
    );
    expect((await zone('show', 'example.test.')).out).to.match(/^; zone example\.test\., serial 9\n/);
    const records = JSON.parse((await zone('show', 'example.test.', '--at', '8', '--json')).out);
    expect(records).to.have.length(5);
    const { out } = await zone('diff', 'example.test', '7', '9');
    expect(out.split('\n').filter((line) => !line.includes(' SOA '))).to.deep.equal([
      '- www.example.test. 60 A 192.0.2.1',
      '+ a.example.test. 60 A 192.0.2.4',
      '+ www.example.test. 60 A 192.0.2.2',
      '',
    ]);
    expect(JSON.parse((await zone('diff', 'example.test', '8', '8', '--json')).out)).to.deep.equal([]);
  });

  it('export writes a file that loads to the same zone, whole or not at all, and replaces none unasked', async () => {
    const file = join(server.directory, 'out.zone');
    const { out } = await zone('export', 'example.test', file);
    expect(out).to.equal(`wrote ${file}, ${readFileSync(file).length} octets\n`);
    const other = new ChildServer({ zones: { 'example.test.zone': readFileSync(file, 'utf8') } });
    try {
      await other.start();
      const terminal = capture();
      await ZONE.run(['show', 'example.test', '-c', other.config], terminal);
      expect(terminal.texts().out).to.equal((await zone('show', 'example.test')).out);
    } finally {
      await other.remove();
    }
    writeFileSync(file, 'mine');
    expect(await errorOf('export', 'example.test', file)).to.equal(
      `${file} is there already: name another file, or say --force to replace it`,
    );
    expect(readFileSync(file, 'utf8')).to.equal('mine');
    expect(
      JSON.parse((await zone('export', 'example.test', file, '--force', '--at', '7', '--json')).out).file,
    ).to.equal(file);
    expect(readFileSync(file, 'utf8')).to.contain('serial 7');
    expect((await zone('export', 'example.test', '-')).out).to.contain('serial 9');
    const nowhere = join(server.directory, 'no', 'out.zone');
    expect(await errorOf('export', 'example.test', nowhere)).to.contain(`cannot write ${nowhere}: `);
    const unknown = join(server.directory, 'unknown.zone');
    expect(await errorOf('export', 'examle.test', unknown)).to.contain('did you mean example.test.?');
    expect(existsSync(unknown)).to.equal(false);
    expect(readdirSync(server.directory).filter((name) => name.endsWith('.part'))).to.deep.equal([]);
  });

  it('undo takes a change back; the next reload does not bring it again; conflicts are exit code 1', async () => {
    expect((await zone('undo', 'example.test', '8')).out).to.equal(
      'undone: the change to serial 8 of example.test. (−1 +1); its serial is now 10\n',
    );
    await zone('reload');
    expect((await zone('show', 'example.test')).out).to.match(/serial 10\n[\s\S]*^www .* 192\.0\.2\.1$/m);
    expect((await zone('history', 'example.test', '-n', '1')).out).to.match(/−1 +\+1 {2}undo of 8\n$/);
    const { code, out, err } = await zone('undo', 'example.test', '8');
    expect([code, out]).to.deep.equal([1, '']);
    expect(err.split('\n')).to.deep.equal([
      'waypost: the change to serial 8 of example.test. cannot be undone, nothing was changed:',
      '  www.example.test. 60 A 192.0.2.2: the change added it, and it has been removed since',
      '  www.example.test. 60 A 192.0.2.1: the change removed it, and it is there again',
      '',
    ]);
    const report = JSON.parse((await zone('undo', 'example.test', '8', '--json')).out);
    expect([report.serial, report.conflicts.length]).to.deep.equal([10, 2]);
  });

  it('says what is wrong with the question', async () => {
    expect(await errorOf('show', 'example.test', '--at', '5')).to.contain(
      'is not in its journal, which goes from 7 to',
    );
    expect(await errorOf('undo', 'example.test', '7')).to.contain('serial 7 is the oldest that is known');
    expect(await errorOf('history', 'example.tst')).to.equal(
      'zone example.tst. is not served here; did you mean example.test.?',
    );
    for (const [words, message] of [
      [['histroy', 'x'], "there is no 'zone histroy'; did you mean history?"],
      [['diff', 'example.test', '7'], 'zone diff: B is wanted'],
      [['diff', 'example.test', '7', 'now'], 'B now: expected an integer from 0 to 4294967295'],
      [['show', 'example.test', '--force'], 'zone show has no option --force'],
      [['list', 'x'], "unexpected argument 'x'"],
    ] as const) {
      const failure = await zone(...words).catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(UsageError).with.property('message', message);
    }
  });
});
