import { once } from 'node:events';
import { existsSync, readFileSync, statSync, watch, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { composeMessage } from '../../../src/message/compose.ts';
import { parseMessage } from '../../../src/message/parse.ts';
import { signRequest } from '../../../src/message/tsig-signer.ts';
import { RRType, showRcode } from '../../../src/wire/iana.ts';
import { query } from '../../support/answering.ts';
import { ChildServer, runWaypost } from '../../support/child-server.ts';
import { QuestionClient } from '../../support/question-client.ts';
import { name } from '../../support/rr.ts';
import { SECRET, tsigKey } from '../../support/tsig.ts';
import { updateMessage } from '../../support/updating.ts';

const ZONE = `$TTL 300
@ SOA ns hostmaster 7 7200 900 1209600 300
@ NS ns
ns A 192.0.2.53
www A 192.0.2.1
www A 192.0.2.2
www A 192.0.2.3
`;

async function askA(port: number, qname: string): Promise<ReturnType<typeof parseMessage>> {
  const client = await QuestionClient.open(port);
  const message = parseMessage(await client.ask(query(name(qname), RRType.A)));
  client.close();
  return message;
}

describe('waypost serve', function () {
  this.timeout(30_000);
  const servers: ChildServer[] = [];
  const make = (options: ConstructorParameters<typeof ChildServer>[0]): ChildServer => {
    const server = new ChildServer(options);
    servers.push(server);
    return server;
  };
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.remove();
  });

  it('says where it listens, what it serves and what to try', async () => {
    const server = make({ zones: { 'example.test.zone': ZONE } });
    await server.start();
    expect(server.output).to.match(/answers on 127\.0\.0\.1:\d+ \(UDP and TCP\)/);
    expect(server.output).to.match(/example\.test\. +7 +6\n/);
    expect(server.output).to.contain(`dig @127.0.0.1 -p ${server.port} www.example.test A +short`);
  });

  for (const portable of [false, true]) {
    it(`rotates exactly over 4 threads and 8 clients at once${portable ? ', portable too' : ''}`, async () => {
      const settings = `threads = 4\nportable = ${portable}`;
      const server = make({ zones: { 'example.test.zone': ZONE }, settings });
      await server.start();
      const clients = await Promise.all(Array.from({ length: 8 }, () => QuestionClient.open(server.port)));
      const firsts = new Map<string, number>();
      const each = 300;
      await Promise.all(
        clients.map(async (client) => {
          for (let i = 0; i < each; i++) {
            const { answers } = parseMessage(await client.ask(query(name('www.example.test'), RRType.A)));
            expect(answers).to.have.length(3);
            const first = String(answers[0]?.rdata);
            firsts.set(first, (firsts.get(first) ?? 0) + 1);
          }
        }),
      );
      for (const client of clients) client.close();
      expect([...firsts.values()]).to.deep.equal([800, 800, 800]);
    });
  }

  it('ends with 0 within a second of SIGTERM, and keeps nothing but its data', async () => {
    const server = make({ zones: { 'example.test.zone': ZONE } });
    await server.start();
    const before = process.hrtime.bigint();
    expect(await server.end('SIGTERM')).to.equal(0);
    expect(Number(process.hrtime.bigint() - before) / 1e6).to.be.lessThan(1500); // a busy machine is forgiven half
    expect(existsSync(join(server.dataDirectory, 'control.sock'))).to.equal(false);
  });

  it('answers a TCP client that has closed its half, and one that sends slowly', async () => {
    const server = make({ zones: { 'example.test.zone': ZONE } });
    await server.start();
    const socket = connect(server.port, '127.0.0.1');
    const message = query(name('www.example.test'), RRType.A);
    const framed = Buffer.concat([Buffer.from([0, message.length]), message]);
    socket.write(framed.subarray(0, 5));
    socket.write(framed.subarray(5));
    socket.end(framed);
    const parts: Buffer[] = [];
    for await (const part of socket) parts.push(part);
    const all = Buffer.concat(parts);
    const first = all.readUInt16BE(0);
    expect(parseMessage(all.subarray(2, 2 + first)).answers).to.have.length(3);
    expect(all.readUInt16BE(2 + first)).to.equal(first);
  });

  it('applies an edited zone file on SIGHUP, and keeps the old zone when the file is broken', async () => {
    const server = make({ zones: { 'example.test.zone': ZONE } });
    await server.start();
    server.writeZone('example.test.zone', `${ZONE}new A 192.0.2.77\n`);
    server.signal('SIGHUP');
    await server.until(() => server.log.includes('example.test. changed'));
    expect((await askA(server.port, 'new.example.test')).answers).to.have.length(1);
    server.writeZone('example.test.zone', `${ZONE}new A 192.0.2.777\n`);
    server.signal('SIGHUP');
    await server.until(() => server.log.includes('it is served as before'));
    expect(server.log).to.match(/example\.test\.zone:8:\d+: /);
    expect((await askA(server.port, 'new.example.test')).answers).to.have.length(1);
  });

  it('is not ended by a SIGHUP that comes while it loads, and reads again what was changed meanwhile', async () => {
    const many = Array.from({ length: 20_000 }, (_, i) => `h${i} A 192.0.2.1\n`).join('');
    const server = make({ zones: { 'a.test.zone': ZONE, 'b.test.zone': ZONE + many } });
    const watcher = watch(server.directory); // the data directory is made before the first zone file is read
    const started = server.start();
    await once(watcher, 'change');
    watcher.close();
    server.writeZone('a.test.zone', `${ZONE}new A 192.0.2.77\n`);
    server.signal('SIGHUP');
    await started;
    await server.until(() => /a\.test\. (changed|new) .*records=7/.test(server.log));
    expect((await askA(server.port, 'new.a.test')).answers).to.have.length(1);
  });

  it('makes few reloads of many SIGHUPs, and ends in the middle of one without an error', async () => {
    const many = Array.from({ length: 20_000 }, (_, i) => `h${i} A 192.0.2.1\n`).join('');
    const server = make({ zones: { 'b.test.zone': ZONE + many } });
    await server.start();
    server.writeZone('b.test.zone', `${ZONE + many}new A 192.0.2.77\n`);
    for (let i = 0; i < 100; i++) server.signal('SIGHUP');
    expect(await server.end('SIGTERM')).to.equal(0);
    expect(server.log).to.not.match(/ (error|warn) /);
  });

  it('starts again from its database after kill -9, without the zone file', async () => {
    const server = make({ zones: { 'example.test.zone': ZONE } });
    await server.start();
    expect(await server.end('SIGKILL')).to.equal('SIGKILL');
    await server.start();
    expect((await askA(server.port, 'www.example.test')).answers).to.have.length(3);
    expect(server.log).to.not.contain('example.test. new');
  });

  it('a port in use is one clear line and exit code 1', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const server = make({ zones: { 'example.test.zone': ZONE }, listen: `"127.0.0.1:${port}"` });
    const { code, err } = await runWaypost('serve', '-c', server.config);
    other.close();
    expect(code).to.equal(1);
    expect(err).to.contain(`cannot listen on 127.0.0.1:${port} (TCP): another program uses this address`);
  });

  it('a second server on the same data directory says who is there, and leaves the first alone', async () => {
    const server = make({ zones: { 'example.test.zone': ZONE } });
    await server.start();
    const { code, err } = await runWaypost('serve', '-c', server.config);
    expect(code).to.equal(1);
    expect(err).to.contain(server.dataDirectory);
    expect((await runWaypost('status', '-c', server.config)).code).to.equal(0);
  });

  it('takes over keys and update rules at a reload; a mistake leaves the old ones in force', async () => {
    const server = make({ zones: { 'example.test.zone': ZONE } });
    await server.start();
    const client = await QuestionClient.open(server.port);
    const change = async (id: number): Promise<string> => {
      const message = updateMessage({ updates: [`new${id} 60 A 192.0.2.9`], rest: { id } });
      const { octets } = signRequest(composeMessage(message), tsigKey('deploy.'), Date.now() / 1000);
      return showRcode(parseMessage(await client.ask(octets)).rcode);
    };
    expect(await change(1)).to.equal('NOTAUTH');
    const before = readFileSync(server.config, 'utf8');
    const key = `[keys."deploy."]\nsecret = "${SECRET}"\n`;
    const rules = `[zone."example.test"]\nupdate = [ { key = "deploy.", names = ["**"], action = "edit" } ]\n`;
    writeFileSync(server.config, `${before}${key}`);
    expect((await runWaypost('zone', 'reload', '-c', server.config)).code).to.equal(0);
    expect(await change(2)).to.equal('REFUSED');
    writeFileSync(server.config, `${before}${key}${rules}`);
    expect((await runWaypost('zone', 'reload', '-c', server.config)).code).to.equal(0);
    expect(await change(3)).to.equal('NOERROR');
    writeFileSync(server.config, `${before}${key}${rules.replace('"deploy."', '"deplay."')}`);
    server.signal('SIGHUP');
    await server.until(() => server.log.includes('did you mean "deploy."'));
    expect(await change(4)).to.equal('NOERROR');
    writeFileSync(server.config, `threads = 1\n${before}`);
    server.signal('SIGHUP');
    await server.until(() => /these settings have changed .* settings=threads/.test(server.log));
    expect(await change(5)).to.equal('NOTAUTH');
    client.close();
  });

  it('status, zone list and zone reload speak with it', async () => {
    const server = make({ zones: { 'example.test.zone': ZONE }, settings: 'threads = 2' });
    await server.start();
    await askA(server.port, 'www.example.test');
    const status = JSON.parse((await runWaypost('status', '--json', '-c', server.config)).out);
    expect(status).to.include({ zones: 1, records: 6, pid: server.pid });
    expect(status.threads).to.have.length(2);
    expect((await runWaypost('zone', 'list', '-c', server.config)).out).to.match(
      /example\.test\. +7 +6 +file/,
    );
    server.writeZone('second.test.zone', ZONE);
    const reload = await runWaypost('zone', 'reload', 'Second.test', '-c', server.config);
    expect(reload.code).to.equal(0);
    expect(reload.out).to.match(/second\.test\. +new +7 +6/);
    server.writeZone('third.test.zone', 'nonsense here\n');
    const failed = await runWaypost('zone', 'reload', '-c', server.config);
    expect(failed.code).to.equal(1);
    expect(failed.err).to.match(/third\.test\.zone:1:/);
  });

  it('keeps the cookie secrets private', async () => {
    const server = make({ zones: { 'example.test.zone': ZONE } });
    await server.start();
    const path = join(server.dataDirectory, 'cookie-secrets');
    expect(statSync(path).mode & 0o077).to.equal(0);
    expect(server.log).to.not.contain(readFileSync(path, 'utf8').trim());
  });
});
