// What ails the database must not ail the answers: a whole server on a full disk, beside a process that locks the
// database, on a disk that cannot be written, with a database that is damaged.
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { composeMessage } from '../../src/message/compose.ts';
import { type Message, makeQuery } from '../../src/message/message.ts';
import { parseMessage } from '../../src/message/parse.ts';
import { signRequest } from '../../src/message/tsig-signer.ts';
import { Opcode, RRClass, RRType, showRcode } from '../../src/wire/iana.ts';
import { query } from '../support/answering.ts';
import { ChildServer } from '../support/child-server.ts';
import { QuestionClient } from '../support/question-client.ts';
import { name } from '../support/rr.ts';
import { SECRET, tsigKey } from '../support/tsig.ts';
import { updateRecord } from '../support/updating.ts';

const APEX = name('example.test');
const ZONE = `$TTL 300
@ SOA ns1 hostmaster 7 7200 900 1209600 300
@ NS ns1
ns1 A 192.0.2.53
www A 192.0.2.1
`;
const SETTINGS = `threads = 2
[keys."deploy."]
secret = "${SECRET}"
[zone."example.test"]
update = [ { key = "deploy.", names = ["**"], action = "edit" } ]
`;

describe('stress: trouble with the storage', function () {
  this.timeout(60_000);
  let server: ChildServer;
  let client: QuestionClient;
  let mounted: string | undefined;
  let next = 1;
  beforeEach(() => {
    server = new ChildServer({ zones: { 'example.test.zone': ZONE }, settings: SETTINGS });
    mkdirSync(server.dataDirectory);
  });
  afterEach(async () => {
    client?.close();
    await server.end('SIGKILL');
    if (mounted !== undefined) spawnSync('umount', [mounted]);
    mounted = undefined;
    await server.remove();
  });

  it('on a full disk updates are SERVFAIL with a line in the log, queries go on, and room is all it takes', async function () {
    mount(this, 'size=4m');
    await start();
    expect(await update()).to.equal('NOERROR');
    const filler = join(server.dataDirectory, 'filler');
    expect(() => writeFileSync(filler, Buffer.alloc(8 << 20))).to.throw(/ENOSPC/);
    let outcome = 'NOERROR';
    for (let i = 0; i < 200 && outcome === 'NOERROR'; i++) outcome = await update();
    expect(outcome).to.equal('SERVFAIL');
    await server.until(() => /error update: not stored .*the disk is full: make room/.test(server.log));
    expect(await isAnswered()).to.equal(true);
    rmSync(filler);
    expect(await update()).to.equal('NOERROR');
  });

  it('while another process holds the database updates are SERVFAIL, queries go on, then updates too', async () => {
    await start();
    expect(await update()).to.equal('NOERROR');
    const other = new Database(join(server.dataDirectory, 'waypost.db'));
    other.exec('BEGIN IMMEDIATE');
    expect(await update()).to.equal('SERVFAIL');
    await server.until(() =>
      /error update: not stored .*is being written by another process/.test(server.log),
    );
    expect(await isAnswered()).to.equal(true);
    other.exec('ROLLBACK');
    other.close();
    expect(await update()).to.equal('NOERROR');
  });

  it('with its database moved away under it, updates are SERVFAIL until it is back', async () => {
    await start();
    expect(await update()).to.equal('NOERROR');
    const path = join(server.dataDirectory, 'waypost.db');
    renameSync(path, `${path}.moved`);
    expect(await update()).to.equal('SERVFAIL');
    await server.until(() => /error update: not stored .*has been moved or deleted/.test(server.log));
    expect(await isAnswered()).to.equal(true);
    renameSync(`${path}.moved`, path);
    expect(await update()).to.equal('NOERROR');
  });

  it('a database that cannot be written is said at the start, with what to do', async function () {
    mount(this, 'size=4m');
    await start();
    await server.end();
    remount('ro');
    const ending = await server.start().catch(String);
    expect(ending).to.match(/cannot be written: give this user read and write permission|read-only|EROFS/i);
  });

  it('a damaged database is recognised at the start, with what to do', async () => {
    await start();
    await server.end();
    writeFileSync(join(server.dataDirectory, 'waypost.db'), Buffer.alloc(8192, 0x5a));
    const ending = await server.start().catch(String);
    expect(ending).to.match(
      /waypost ended with 1: .*move the data directory aside|is not a waypost database/s,
    );
  });

  async function start(): Promise<void> {
    await server.start();
    client = await QuestionClient.open(server.port);
  }

  async function update(): Promise<string> {
    const updates = [`u${next} 60 TXT "${'x'.repeat(200)}"`, `v${next} 60 TXT "${'y'.repeat(200)}"`];
    const question = { name: APEX, type: RRType.SOA, class: RRClass.IN };
    const authorities = updates.map((line) => updateRecord(line));
    const message: Message = makeQuery(next++, question, { opcode: Opcode.UPDATE, authorities });
    const { octets } = signRequest(composeMessage(message), tsigKey('deploy.'), Date.now() / 1000);
    return showRcode(parseMessage(await client.ask(octets)).rcode);
  }

  async function isAnswered(): Promise<boolean> {
    const reply = parseMessage(await client.ask(query(name('www.example.test'), RRType.A)));
    return reply.rcode === 0 && reply.answers.length === 1;
  }

  function mount(test: Mocha.Context, options: string): void {
    const { dataDirectory } = server;
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', dataDirectory]);
    if (status === 0) mounted = dataDirectory;
    else {
      console.log('      skipped: a small disk cannot be mounted here (that takes root)');
      test.skip();
    }
  }

  function remount(option: string): void {
    const { status, stderr } = spawnSync('mount', ['-o', `remount,${option}`, server.dataDirectory]);
    if (status !== 0) throw new Error(String(stderr));
  }
});
