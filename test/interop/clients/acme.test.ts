import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { CLIENT_ZONE, KeyedServer } from '../../support/keyed-server.ts';
import { Pebble, showCertificate } from '../../support/pebble.ts';
import { needProgram, needThat, runProgram } from '../../support/programs.ts';
import { SECRET } from '../../support/tsig.ts';

const APEX = 'example.test';
/** On the same server as its parent. */
const CHILD = `lab.${APEX}`;
const CERTBOT_PLUGIN = '/usr/lib/python3/dist-packages/certbot_dns_rfc2136';

/** Certificates by ACME's dns-01: the client puts a TXT record into the zone, pebble asks Waypost for it. */
describe('ACME over RFC 2136', function () {
  this.timeout(90_000);
  let server: KeyedServer;
  let pebble: Pebble;

  before(async function () {
    needProgram(this, 'pebble');
    needProgram(this, 'openssl');
    needProgram(this, 'dig');
    const rule = 'names = ["_acme-challenge.**"], types = ["TXT"], action = "edit"';
    server = await KeyedServer.start({
      zones: { [APEX]: `${CLIENT_ZONE}lab NS ns1\n`, [CHILD]: CLIENT_ZONE },
      keys: { 'acme.': 'hmac-sha256', 'old.': 'hmac-md5' },
      rules: { [APEX]: [`key = "acme.", ${rule}`], [CHILD]: [`key = "old.", ${rule}`] },
    });
    pebble = await Pebble.start(server.port);
  });
  after(async () => {
    await pebble?.stop();
    await server?.remove();
  });

  /** No challenge is left, and as many came and went. */
  async function expectCleanZone(
    apex: string,
    owners: readonly string[],
    sinceSerial: number,
  ): Promise<void> {
    for (const owner of owners)
      expect(await server.data(`_acme-challenge.${owner}`, 'TXT')).to.deep.equal([]);
    expect(await server.serial(apex)).to.be.at.least(sinceSerial + 2 * owners.length);
  }

  it('lego gets a certificate', async function () {
    needProgram(this, 'lego');
    const serial = await server.serial();
    const address = `127.0.0.1:${server.port}`;
    const env = {
      LEGO_CA_CERTIFICATES: pebble.certificate,
      RFC2136_NAMESERVER: address,
      RFC2136_TSIG_KEY: 'acme.',
      RFC2136_TSIG_ALGORITHM: 'hmac-sha256.',
      RFC2136_TSIG_SECRET: SECRET,
      RFC2136_POLLING_INTERVAL: '1',
      RFC2136_SEQUENCE_INTERVAL: '1', // between two names; a minute unless told otherwise
    };
    const account = ['--server', pebble.url, '--email', `a@${APEX}`, '--accept-tos'];
    const dns = ['--dns', 'rfc2136', '--dns.resolvers', address, '--dns.disable-cp'];
    const names = ['-d', `www.${APEX}`, '-d', `*.${APEX}`];
    const args = [...account, ...dns, ...names, '--path', server.path('lego'), 'run'];
    const { code, text } = await runProgram('lego', args, { env, timeoutMs: 60_000 });
    expect(code, text).to.equal(0);
    expect(text).to.contain('Server responded with a certificate');
    const certificate = await showCertificate(server.path(`lego/certificates/www.${APEX}.crt`));
    expect(certificate)
      .to.contain(`DNS:www.${APEX}`)
      .and.to.contain(`DNS:*.${APEX}`)
      .and.to.contain('Pebble Intermediate CA');
    await expectCleanZone(APEX, [`www.${APEX}`, APEX], serial);
  });

  for (const [apex, key, algorithm] of [
    [APEX, 'acme.', 'HMAC-SHA256'],
    [CHILD, 'old.', 'HMAC-MD5'],
  ] as const) {
    it(`certbot gets a certificate for a name of ${apex}, with ${algorithm}`, async function () {
      needProgram(this, 'certbot');
      needThat(this, 'python3-certbot-dns-rfc2136', existsSync(CERTBOT_PLUGIN));
      const serial = await server.serial(apex);
      const credentials = server.file(
        'rfc2136.ini',
        `dns_rfc2136_server = 127.0.0.1
dns_rfc2136_port = ${server.port}
dns_rfc2136_name = ${key}
dns_rfc2136_secret = ${SECRET}
dns_rfc2136_algorithm = ${algorithm}
`,
      );
      const account = ['--server', pebble.url, '--no-verify-ssl', '-m', `a@${APEX}`, '--agree-tos', '-n'];
      const plugin = ['--dns-rfc2136', '--dns-rfc2136-credentials', credentials];
      const wait = ['--dns-rfc2136-propagation-seconds', '0'];
      const owner = `deep.down.${apex}`;
      const args = ['certonly', ...inDirectory(), ...account, ...plugin, ...wait, '-d', owner];
      const { code, text } = await runProgram('certbot', [...args, '--cert-name', algorithm], {
        timeoutMs: 60_000,
      });
      expect(code, text).to.equal(0);
      const certificate = await showCertificate(server.path(`certbot/live/${algorithm}/cert.pem`));
      expect(certificate).to.contain(`DNS:${owner}`).and.to.contain('Pebble Intermediate CA');
      await expectCleanZone(apex, [owner], serial);
    });
  }

  function inDirectory(): readonly string[] {
    const at = server.path('certbot');
    return ['--config-dir', at, '--work-dir', `${at}-work`, '--logs-dir', `${at}-logs`];
  }
});
