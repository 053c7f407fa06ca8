import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { UsageError } from '../../../src/cli/arguments.ts';
import { ZONE } from '../../../src/cli/commands/zone.ts';
import { SECRET } from '../../support/tsig.ts';
import { capture } from '../capture.ts';

const CONFIG = `${['mon.', 'deploy.', 'lab.'].map((key) => `[keys."${key}"]\nsecret = "${SECRET}"\n`).join('')}
[zone."example.test"]
update = [
  { key = "mon.", names = ["www"], action = "judge" },
  { key = "deploy.", names = ["**"], types = ["A", "TXT"], action = "edit", from = ["192.0.2.0/24"] },
]
[zone."lab.test"]
update = [ { key = "lab.", names = ["**"], action = "edit" } ]
`;

describe('waypost zone may', () => {
  let directory = '';
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'waypost-may-'));
    writeFileSync(join(directory, 'w.toml'), CONFIG);
  });
  after(() => rmSync(directory, { recursive: true }));

  async function may(...words: readonly string[]): Promise<string> {
    const terminal = capture();
    const code = await ZONE.run(['may', ...words, '-c', join(directory, 'w.toml')], terminal);
    const { out, err } = terminal.texts();
    expect(err).to.equal('');
    return `${code} ${out.replaceAll(directory, '…')}`;
  }

  it('says yes, the rule and what it allows; exit code 0', async () => {
    expect(await may('MON', 'www.Example.test.', 'aaaa')).to.equal(
      '0 allowed: key mon. may judge AAAA at www.example.test: rule 1\n',
    );
    expect(await may('deploy.', 'x.y.example.test', 'TXT')).to.equal(
      '0 allowed: key deploy. may edit TXT at x.y.example.test: rule 2, from 192.0.2.0/24 only\n',
    );
  });

  it('says no in the words of the server; exit code 1', async () => {
    expect(await may('mon.', 'www.example.test', 'TXT')).to.equal(
      '1 refused: key mon. may not change TXT at www.example.test: rule 1 allows judging A CNAME AAAA at www\n',
    );
    expect(await may('lab.', 'www.example.test', 'A')).to.equal(
      '1 refused: key lab. may not change zone example.test: no rule names it; it has rules in lab.test\n',
    );
  });

  it('says it in JSON', async () => {
    expect(await may('lab.', 'lab.test', 'CAA', '--json')).to.equal(
      '0 {"isAllowed":true,"text":"key lab. may edit CAA at lab.test: rule 1"}\n',
    );
  });

  it('says no for keys and zones that are not there', async () => {
    expect(await may('deplyo.', 'www.example.test', 'A')).to.equal(
      '1 refused: there is no key deplyo. in …/w.toml; did you mean deploy.?\n',
    );
    expect(await may('mon.', 'www.example.com', 'A')).to.equal(
      '1 refused: www.example.com is in no zone of …/w.toml or of the zone files in …/zones\n',
    );
  });

  it('asks the deepest zone, as its file says', async () => {
    const zones = join(directory, 'zones');
    mkdirSync(zones);
    for (const file of ['sub.example.test.zone', 'ümlaut.zone', '.hidden.zone']) {
      writeFileSync(join(zones, file), '');
    }
    expect(await may('deploy.', 'www.sub.example.test', 'A')).to.equal(
      '1 refused: key deploy. may not change zone sub.example.test: no rule names it; it has rules in example.test\n',
    );
    expect(await may('deploy.', 'www.example.test', 'A')).to.match(/^0 /);
  });

  for (const [words, message] of [
    [['mon.', 'www.example.test'], /KEY, NAME and TYPE are wanted/],
    [['mon.', 'www.example.test', 'A', 'B'], /^unexpected argument 'B'$/],
    [['mon.', 'a..b', 'A'], /NAME is wrong: not a domain name/],
    [['a..b', 'www.example.test', 'A'], /KEY is wrong: not a domain name/],
    [['mon.', 'www.example.test', 'AAAB'], /'AAAB' is no RR type that a zone can hold; did you mean AAAA\?$/],
    [['mon.', 'www.example.test', 'AXFR'], /'AXFR' is no RR type that a zone can hold$/],
    [['mon.', 'www.example.test', 'ANY'], /a grant for every type it has; ask about each TYPE$/],
  ] as const) {
    it(`does not understand: ${words.join(' ')}`, async () => {
      const error = await may(...words).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(UsageError).with.property('message').that.matches(message);
    });
  }
});
