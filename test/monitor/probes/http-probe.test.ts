import type { Socket } from 'node:net';
import { expect } from 'chai';
import { ProbeOptionsError } from '../../../src/monitor/probes/errors.ts';
import type { HttpProbeOptions } from '../../../src/monitor/probes/probe-options.ts';
import { EXPIRED, GOOD, ISSUER, LEAF_KEY } from '../../support/certificates.ts';
import { ProbeBench } from '../../support/probing.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nall is well\n';

describe('the http probe', () => {
  let bench = new ProbeBench();
  beforeEach(() => {
    bench = new ProbeBench();
  });
  afterEach(() => bench.close());
  const probe = (port: number, options: Partial<HttpProbeOptions> = {}) =>
    bench.probe({ kind: 'http', address: '127.0.0.1', port, ...options });
  /** A server that answers each request with what `answer` writes; `heads` keeps the requests. */
  const heads: string[] = [];
  const serve = (answer: (connection: Socket, head: string) => void, address?: string) => {
    heads.length = 0;
    return bench.serve((connection) => {
      connection.once('data', (octets) => {
        heads.push(octets.toString('latin1'));
        answer(connection, octets.toString('latin1'));
      });
    }, address);
  };
  const serveText = (text: string) => serve((connection) => connection.end(text));

  it('passes with a status of 2xx, and asks plainly over a connection of its own', async () => {
    const port = await serveText(OK);
    const result = await probe(port);
    expect(result).to.deep.equal({ passed: true, latencyMs: 0, detail: 'HTTP 200 in 0 ms, 12 octets' });
    const lines = [
      'GET / HTTP/1.1',
      `Host: 127.0.0.1:${port}`,
      'User-Agent: waypost-monitor',
      'Accept: */*',
      'Accept-Encoding: identity',
      'Connection: close',
    ];
    expect(heads).to.deep.equal([`${lines.join('\r\n')}\r\n\r\n`]);
  });

  it('asks for a path, a host and a method, with headers and a body', async () => {
    const port = await serveText(OK);
    await probe(port, {
      path: '/health?full=1',
      host: 'WWW.Example.test',
      method: 'POST',
      headers: { 'user-agent': 'check', 'X-Key': 'k' },
      body: 'é',
    });
    const [head = ''] = heads;
    expect(head).to.match(/^POST \/health\?full=1 HTTP\/1\.1\r\n/);
    expect(head).to.contain(`Host: www.example.test:${port}\r\n`);
    expect(head).to.contain('user-agent: check\r\n').and.to.contain('X-Key: k\r\n');
    expect(head).to.not.contain('waypost-monitor');
    expect(head).to.contain('Content-Length: 2\r\n');
  });

  it('reads no body after HEAD', async () => {
    const port = await serveText('HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n');
    expect(await probe(port, { method: 'HEAD' })).to.deep.include({
      passed: true,
      detail: 'HTTP 200 in 0 ms',
    });
  });

  it('takes no proxy from the environment', async () => {
    const port = await serveText(OK);
    process.env['http_proxy'] = 'http://127.0.0.1:1/';
    try {
      expect((await probe(port)).passed).to.equal(true);
    } finally {
      delete process.env['http_proxy'];
    }
  });

  it('fails with a status that is not expected, and says which', async () => {
    const port = await serveText('HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n');
    expect(await probe(port)).to.deep.include({ passed: false, detail: 'HTTP 503; expected 200-299' });
    const status = [
      { from: 200, to: 200 },
      { from: 500, to: 504 },
    ];
    expect((await probe(port, { status })).passed).to.equal(true);
  });

  it('follows no redirect unless it is asked to', async () => {
    const port = await serveText('HTTP/1.1 302 F\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n');
    expect(await probe(port)).to.deep.include({ passed: false, detail: 'HTTP 302 to /x; expected 200-299' });
    expect((await probe(port, { status: [{ from: 302, to: 302 }] })).passed).to.equal(true);
    expect(heads).to.have.length(2);
  });

  it('follows redirects to the same host at the same address, however the host is written', async () => {
    const port: number = await serve((connection, head) => {
      const target = `Location: http://WWW.example.test:${port}/two\r\n`;
      connection.end(
        head.startsWith('GET /two') ? OK : `HTTP/1.1 301 M\r\n${target}Content-Length: 0\r\n\r\n`,
      );
    });
    const headers = { Authorization: 'Basic x' };
    const { passed, detail } = await probe(port, { host: 'www.example.test', redirects: 1, headers });
    expect(detail).to.equal(
      `HTTP 200 from http://www.example.test:${port}/two after 1 redirects in 0 ms, 12 octets`,
    );
    expect(passed).to.equal(true);
    expect(heads[1]).to.contain('Authorization: Basic x');
  });

  it('sends its headers to no other host', async () => {
    const port: number = await serve((connection, head) => {
      const target = `Location: http://localhost:${port}/two\r\n`;
      connection.end(
        head.startsWith('GET /two') ? OK : `HTTP/1.1 307 M\r\n${target}Content-Length: 0\r\n\r\n`,
      );
    });
    const headers = { Authorization: 'Basic x' };
    expect((await probe(port, { redirects: 1, headers })).passed).to.equal(true);
    expect(heads[0]).to.contain('Authorization');
    expect(heads[1]).to.contain(`Host: localhost:${port}`).and.to.not.contain('Authorization');
  });

  it('ends in a redirect loop', async () => {
    const port = await serveText('HTTP/1.1 302 F\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n');
    const { passed, detail } = await probe(port, { redirects: 3 });
    expect(passed).to.equal(false);
    expect(detail).to.equal(`more than 3 redirects; the next would be to http://127.0.0.1:${port}/again`);
    expect(heads).to.have.length(4);
  });

  it('fails with a redirect to what cannot be asked for', async () => {
    const mail = await serveText(
      'HTTP/1.1 302 F\r\nLocation: mailto:x@example.test\r\nContent-Length: 0\r\n\r\n',
    );
    expect((await probe(mail, { redirects: 3 })).detail).to.equal(
      'a redirect to mailto:, neither http nor https',
    );
    const odd = await serveText('HTTP/1.1 302 F\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n');
    expect((await probe(odd, { redirects: 3 })).detail).to.equal('a redirect to what is no URL: http://[');
  });

  it('looks for a text in the body', async () => {
    const port = await serveText(OK);
    expect((await probe(port, { contains: 'is well' })).passed).to.equal(true);
    expect(await probe(port, { contains: 'is bad' })).to.deep.include({
      passed: false,
      detail: "HTTP 200 in 0 ms, 12 octets; 'is bad' is not in the body",
    });
  });

  it('looks for a pattern in the body', async () => {
    const port = await serveText(OK);
    expect((await probe(port, { matches: '^all\\s+is (well|good)$' })).passed).to.equal(false);
    expect((await probe(port, { matches: '^all\\s+is (well|good)\\s*$' })).passed).to.equal(true);
  });

  it('stops a pattern that takes for ever, and says nothing about the target then', async () => {
    const port = await serveText(`HTTP/1.1 200 OK\r\nContent-Length: 41\r\n\r\n${'a'.repeat(40)}b`);
    const { passed, inconclusive, detail } = await probe(port, { matches: '^(a+)+$' });
    expect(passed).to.equal(false);
    expect(inconclusive).to.equal(true);
    expect(detail).to.equal(
      'the pattern /^(a+)+$/ takes longer than 50 ms on 41 characters; make it simpler',
    );
    expect((await probe(port, { matches: 'b$' })).passed).to.equal(true);
  });

  it('reads so much of a body and no more', async () => {
    let sent = 0;
    const port = await serve((connection) => {
      connection.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      const more = (): void => {
        if (connection.destroyed) return;
        sent += 0x1000;
        connection.write(`1000\r\n${'x'.repeat(0x1000)}\r\n`, () => setImmediate(more));
      };
      more();
    });
    const { passed, detail } = await probe(port, { bodyLimit: 20_000 });
    expect(passed).to.equal(true);
    expect(detail).to.equal('HTTP 200 in 0 ms, more than 20 kB');
    expect(sent).to.be.lessThan(10_000_000);
    expect((await probe(port, { contains: 'y' })).detail).to.contain(
      "'y' is not in the first 66 kB of the body",
    );
  });

  it('fails when nothing is said in time: the first octet, or all', async () => {
    const port = await serve(() => bench.timers.pass(400));
    const early = await probe(port, { firstByteTimeoutMs: 400 });
    expect(early).to.deep.equal({
      passed: false,
      latencyMs: 400,
      detail: `127.0.0.1:${port} sent not one octet of a response within 400 ms`,
    });
    const late = await probe(port, { timeoutMs: 400, path: '/x' });
    expect(late.detail).to.equal('timed out after 400 ms waiting for a response to GET /x');
  });

  it('does not take a slow answer for none', async () => {
    const port = await serve((connection) => {
      connection.write('HTTP/1.1 2', () => {
        bench.later(() => {
          bench.timers.pass(400);
          connection.end('00 OK\r\nContent-Length: 0\r\n\r\n');
        });
      });
    });
    expect(await probe(port, { firstByteTimeoutMs: 400 })).to.deep.include({ passed: true, latencyMs: 400 });
  });

  it('fails when the answer trickles in beyond its time', async () => {
    const port = await serve((connection) => {
      const rest = [...OK];
      const trickle = (): void => {
        bench.timers.pass(100);
        if (!connection.destroyed) connection.write(rest.shift() ?? '', () => setImmediate(trickle));
      };
      trickle();
    });
    const { passed, latencyMs, detail } = await probe(port, { firstByteTimeoutMs: 900 });
    expect(passed).to.equal(false);
    expect(latencyMs).to.equal(1000);
    expect(detail).to.equal('timed out after 1000 ms waiting for a response to GET /');
  });

  it('fails with half a response', async () => {
    const half = await serveText('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
    expect(await probe(half)).to.deep.include({
      passed: false,
      detail: `127.0.0.1:${half} broke the connection off after 4 octets of the body`,
    });
    const head = await serveText('HTTP/1.1 200 OK\r\nContent-Le');
    expect((await probe(head)).detail).to.equal(
      `127.0.0.1:${head} broke the connection off while we waited for a response to GET /`,
    );
    const nothing = await serveText('');
    expect((await probe(nothing)).detail).to.contain('broke the connection off while we waited');
  });

  it('fails when the connection is reset, before the answer and in it', async () => {
    const before = await serve((connection) => connection.resetAndDestroy());
    expect((await probe(before)).detail).to.contain(
      'broke the connection off while we waited for a response',
    );
    const within = await serve((connection) => {
      connection.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', () => {
        bench.later(() => connection.resetAndDestroy());
      });
    });
    expect(await probe(within)).to.deep.include({ passed: false });
  });

  it('fails with headers of 100 KB, one or many', async () => {
    const one = await serveText(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`);
    expect((await probe(one)).detail).to.equal(`127.0.0.1:${one} sent headers of more than 16384 octets`);
    const many = await serveText(`HTTP/1.1 200 OK\r\n${'X: x\r\n'.repeat(20_000)}\r\n`);
    expect((await probe(many)).detail).to.equal(`127.0.0.1:${many} sent headers of more than 16384 octets`);
  });

  it('fails with what is not HTTP', async () => {
    const port = await serveText('220 mail.example.test ESMTP\r\n');
    expect((await probe(port)).detail).to.match(
      /^127\.0\.0\.1:\d+ sent what is not HTTP: Parse Error: Expected HTTP\//,
    );
  });

  it('is done with interim answers only when the last one comes', async () => {
    const port = await serveText(`HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${OK}`);
    expect((await probe(port)).detail).to.equal('HTTP 200 in 0 ms, 12 octets');
    const upgrade = await serveText('HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
    expect((await probe(upgrade)).detail).to.equal('HTTP 101; expected 200-299');
  });

  it('fails when nothing listens there', async () => {
    const port = await bench.deadPort();
    expect(await probe(port)).to.deep.include({
      passed: false,
      detail: `127.0.0.1:${port} refuses connections`,
    });
  });

  it('refuses options that cannot be used', async () => {
    const wrong: Partial<HttpProbeOptions>[] = [
      { path: 'health' },
      { path: '/a b' },
      { host: 'www.example.test:80' },
      { host: 'a b' },
      { headers: { Host: 'x' } },
      { headers: { 'a b': 'x' } },
      { headers: { a: 'x\r\nb: y' } },
      { body: 'x' },
      { matches: '(' },
      { redirects: 11 },
      { bodyLimit: 0 },
    ];
    for (const options of wrong) {
      expect(() => probe(1, options), JSON.stringify(options)).to.throw(ProbeOptionsError);
    }
  });
});

describe('the https probe', () => {
  let bench = new ProbeBench();
  beforeEach(() => {
    bench = new ProbeBench();
  });
  afterEach(() => bench.close());
  const probe = (port: number, options: Partial<HttpProbeOptions> = {}) =>
    bench.probe({
      kind: 'https',
      address: '127.0.0.1',
      port,
      host: 'www.example.test',
      ca: ISSUER,
      ...options,
    });
  const serve = (cert: string, text = OK) =>
    bench.serveTls({ cert, key: LEAF_KEY }, (connection) => {
      connection.once('data', () => connection.end(text));
    });

  it('passes when certificate and answer are right', async () => {
    const result = await probe(await serve(GOOD));
    expect(result).to.deep.equal({ passed: true, latencyMs: 0, detail: 'HTTP 200 in 0 ms, 12 octets' });
  });

  it('warns when the certificate expires soon', async () => {
    bench.effects.now = Date.UTC(2125, 10, 22);
    expect((await probe(await serve(GOOD))).warning).to.contain('expires in 9 days');
  });

  it('sends nothing when the certificate has expired or is for another name', async () => {
    let received = 0;
    const serveCounted = (cert: string) =>
      bench.serveTls({ cert, key: LEAF_KEY }, (connection) => {
        connection.on('data', () => received++);
      });
    expect((await probe(await serveCounted(EXPIRED))).detail).to.contain('has expired');
    const { passed, detail } = await probe(await serveCounted(GOOD), { host: 'shop.example.test' });
    expect(passed).to.equal(false);
    expect(detail).to.contain('is not for shop.example.test but for');
    expect(received).to.equal(0);
  });

  it('takes the name of the certificate from serverName, the Host header from host', async () => {
    const port = await serve(GOOD);
    expect(
      (await probe(port, { host: 'shop.example.test', serverName: 'www.example.test' })).passed,
    ).to.equal(true);
    expect((await probe(port, { host: 'shop.example.test', verify: false })).passed).to.equal(true);
  });

  it('waits for the first octet after the handshake', async () => {
    const port = await bench.serveTls({ cert: GOOD, key: LEAF_KEY }, (connection) => {
      connection.once('data', () => bench.timers.pass(300));
    });
    expect((await probe(port, { firstByteTimeoutMs: 300 })).detail).to.contain('not one octet of a response');
  });

  it('follows a redirect from http to https', async () => {
    const secure = await serve(GOOD);
    const target = `https://www.example.test:${secure}/`;
    const plain = await bench.serve((connection) => {
      connection.once('data', () =>
        connection.end(`HTTP/1.1 301 M\r\nLocation: ${target}\r\nContent-Length: 0\r\n\r\n`),
      );
    });
    const { passed, detail } = await probe(plain, { kind: 'http', redirects: 2 });
    expect(detail).to.contain(`HTTP 200 from ${target} after 1 redirects`);
    expect(passed).to.equal(true);
  });

  it('sends its headers no more when a redirect leads back to http', async () => {
    const seen: string[] = [];
    const plain = await bench.serve((connection) => {
      connection.once('data', (octets) => {
        seen.push(octets.toString('latin1'));
        connection.end(OK);
      });
    });
    const target = `http://www.example.test:${plain}/`;
    const port = await serve(GOOD, `HTTP/1.1 302 F\r\nLocation: ${target}\r\nContent-Length: 0\r\n\r\n`);
    const headers = { Authorization: 'Basic x' };
    expect((await probe(port, { redirects: 1, headers })).passed).to.equal(true);
    expect(seen[0]).to.contain('waypost-monitor').and.to.not.contain('Authorization');
  });

  it('fails when half a response comes', async () => {
    const port = await serve(GOOD, 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
    expect((await probe(port)).detail).to.contain('broke the connection off after 4 octets of the body');
  });
});
