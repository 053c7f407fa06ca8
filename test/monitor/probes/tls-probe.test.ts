import type { TlsOptions } from 'node:tls';
import { expect } from 'chai';
import { ProbeOptionsError } from '../../../src/monitor/probes/errors.ts';
import type { TlsProbeOptions } from '../../../src/monitor/probes/probe-options.ts';
import { EARLY, EXPIRED, GOOD, ISSUER, LEAF_KEY, SELF_SIGNED } from '../../support/certificates.ts';
import { ProbeBench } from '../../support/probing.ts';

describe('the tls probe', () => {
  let bench = new ProbeBench();
  beforeEach(() => {
    bench = new ProbeBench();
  });
  afterEach(() => bench.close());
  const serve = (cert: string) =>
    bench.serveTls({ cert, key: LEAF_KEY, ALPNProtocols: ['http/1.1'] }, () => {});
  const probe = (port: number, options: Partial<TlsProbeOptions> = {}) =>
    bench.probe({
      kind: 'tls',
      address: '127.0.0.1',
      port,
      serverName: 'www.example.test',
      ca: ISSUER,
      ...options,
    });

  it('passes when the certificate is for the name, and says how long it holds', async () => {
    const { passed, detail, warning } = await probe(await serve(GOOD));
    expect(passed).to.equal(true);
    expect(detail).to.match(/^TLSv1\.3 in 0 ms; certificate of www\.example\.test, 361\d\d days left$/);
    expect(warning).to.equal(undefined);
  });

  it('sends the name in the handshake, but no address', async () => {
    const names: string[] = [];
    const SNICallback: TlsOptions['SNICallback'] = (name, done) => {
      names.push(name);
      done(null);
    };
    const port = await bench.serveTls({ cert: GOOD, key: LEAF_KEY, SNICallback }, () => {});
    await probe(port);
    const byAddress = await probe(port, { serverName: '127.0.0.1' });
    expect(byAddress.passed).to.equal(true);
    expect((await probe(port, { serverName: 'www.example.test.' })).passed).to.equal(true);
    expect(names).to.deep.equal(['www.example.test', 'www.example.test']);
  });

  it('warns when the certificate expires soon', async () => {
    const port = await serve(GOOD);
    bench.effects.now = Date.UTC(2125, 10, 22);
    const { passed, warning } = await probe(port);
    expect(passed).to.equal(true);
    expect(warning).to.equal(
      'the certificate of www.example.test expires in 9 days: Dec 1 00:00:00 2125 GMT',
    );
    expect((await probe(port, { warnDays: 9 })).warning).to.equal(undefined);
    expect((await probe(port, { warnDays: 0 })).warning).to.equal(undefined);
    bench.effects.now = Date.UTC(2125, 10, 29, 23);
    expect((await probe(port)).warning).to.contain('expires in 1 day:');
  });

  it('fails when it expires too soon', async () => {
    const port = await serve(GOOD);
    bench.effects.now = Date.UTC(2125, 10, 22);
    const { passed, detail } = await probe(port, { minDays: 10 });
    expect(passed).to.equal(false);
    expect(detail).to.contain('expires in 9 days');
    expect((await probe(port, { minDays: 10, verify: false })).passed).to.equal(false);
    expect((await probe(port, { minDays: 9 })).passed).to.equal(true);
  });

  for (const { what, cert, says, options = {} } of [
    {
      what: 'has expired',
      cert: EXPIRED,
      says: 'the certificate of www.example.test has expired: Jan 1 00:00:00 2021',
    },
    {
      what: 'does not hold yet',
      cert: EARLY,
      says: 'the certificate does not hold before Jan 1 00:00:00 2120 GMT',
    },
    {
      what: 'is self-signed',
      cert: SELF_SIGNED,
      says: 'is not trusted: it is self-signed (set ca, or verify = false)',
    },
    {
      what: 'is of an issuer that is not known',
      cert: GOOD,
      says: 'is not trusted: its issuer is not known here',
      options: { ca: SELF_SIGNED },
    },
    {
      what: 'is for another name',
      cert: GOOD,
      says: 'is not for shop.example.test but for DNS:www.example.test, IP Address:127.0.0.1',
      options: { serverName: 'shop.example.test' },
    },
  ]) {
    it(`fails when the certificate ${what}, and passes without verification`, async () => {
      const port = await serve(cert);
      const { passed, detail } = await probe(port, options);
      expect(passed).to.equal(false);
      expect(detail).to.contain(says);
      expect((await probe(port, { ...options, verify: false })).passed).to.equal(true);
    });
  }

  it('warns of an expired certificate that is not verified', async () => {
    const { passed, warning } = await probe(await serve(EXPIRED), { verify: false });
    expect(passed).to.equal(true);
    expect(warning).to.contain('has expired');
  });

  it('trusts what is in ca alone, and says when that is no certificate', async () => {
    expect(
      (await bench.probe({ kind: 'tls', address: '127.0.0.1', port: await serve(GOOD) })).passed,
    ).to.equal(false);
    for (const ca of ['', 'rubbish', '-----BEGIN CERTIFICATE-----\nrubbish\n-----END CERTIFICATE-----\n']) {
      expect(() => probe(1, { ca }), ca).to.throw(ProbeOptionsError, /^ca: /);
    }
  });

  it('offers protocols, and fails when none is taken', async () => {
    const port = await serve(GOOD);
    expect((await probe(port, { alpn: ['h2', 'http/1.1'] })).detail).to.match(/^TLSv1\.3, http\/1\.1 in /);
    const { passed, detail } = await probe(port, { alpn: ['h2'] });
    expect(passed).to.equal(false);
    expect(detail).to.match(/no TLS with 127\.0\.0\.1 port \d+: .*no application protocol/);
    const without = await bench.serveTls({ cert: GOOD, key: LEAF_KEY }, () => {});
    expect((await probe(without, { alpn: ['h2'] })).detail).to.equal(
      'the server takes none of the protocols h2',
    );
  });

  it('fails when the server says nothing, speaks something else, resets or closes', async () => {
    const silent = await bench.serve((connection) => connection.once('data', () => bench.timers.pass(1000)));
    expect((await probe(silent)).detail).to.equal('timed out after 1000 ms waiting for the TLS handshake');
    const plain = await bench.serve((connection) =>
      connection.once('data', () => connection.write('HTTP/1.1 400\r\n')),
    );
    expect((await probe(plain)).detail).to.match(
      /^no TLS with 127\.0\.0\.1 port \d+: .*wrong version number/,
    );
    const resetting = await bench.serve((connection) =>
      connection.on('data', () => connection.resetAndDestroy()),
    );
    expect((await probe(resetting)).detail).to.match(
      /broke the connection off while we waited for the TLS handshake$/,
    );
    const closing = await bench.serve((connection) => connection.on('data', () => connection.end()));
    expect((await probe(closing)).detail).to.match(
      /broke the connection off while we waited for the TLS handshake$/,
    );
  });
});
