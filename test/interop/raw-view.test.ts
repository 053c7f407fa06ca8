import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { expect } from 'chai';
import { ChildServer } from '../support/child-server.ts';
import { hasCommand } from '../support/peers.ts';

const SECRET = 'c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0MTI=';
const ADDRESSES = Array.from({ length: 100 }, (_, i) => `big A 198.51.100.${i}`).join('\n');
const ZONE = `$TTL 60
@ SOA ns1 hostmaster 7 7200 900 1209600 300
@ NS ns1
ns1 A 192.0.2.53
www A 192.0.2.3
www A 192.0.2.1
www A 192.0.2.2
_steer.www TXT "order=rotate ttl=5"
_steer.www TXT "192.0.2.2 down by=mon. since=2026-11-22T09:58:41Z"
cdn CNAME b.example.
cdn CNAME a.example.
_steer.cdn TXT "order=rotate"
child NS ns.child
ns.child A 192.0.2.54
${ADDRESSES}
`;
const SETTINGS = `threads = 1
[keys."deploy."]
secret = "${SECRET}"
[keys."mon."]
secret = "${SECRET}"
[zone."example.test"]
update = [{ key = "deploy.", names = ["**"], action = "edit" }, { key = "mon.", names = ["www"], action = "judge" }]
`;

describe('the raw view, asked with dig', function () {
  this.timeout(30_000);
  let server: ChildServer | undefined;

  before(async function () {
    if (!hasCommand('dig')) {
      console.log('    skipped: dig (bind9-dnsutils) is not installed');
      this.skip();
    }
    server = new ChildServer({ zones: { 'example.test.zone': ZONE }, settings: SETTINGS });
    chmodSync(server.config, 0o600);
    await server.start();
  });
  after(() => server?.remove());

  function dig(key: string, ...words: string[]): string {
    const signature = key === '' ? [] : ['-y', `hmac-sha256:${key}:${SECRET}`];
    const args = ['@127.0.0.1', '-p', `${server?.port}`, '+tries=1', '+time=5', ...signature, ...words];
    return spawnSync('dig', args, { encoding: 'utf8' }).stdout;
  }
  const short = (key: string, ...words: string[]) =>
    dig(key, '+short', ...words)
      .split('\n')
      .slice(0, -1);

  it('an editing key reads back what stands in the zone, in order, time after time', () => {
    for (let i = 0; i < 3; i++) {
      expect(short('deploy.', 'www.example.test', 'A')).to.deep.equal([
        '192.0.2.1',
        '192.0.2.2',
        '192.0.2.3',
      ]);
    }
    expect(short('deploy.', 'cdn.example.test', 'A')).to.deep.equal(['a.example.', 'b.example.']);
    expect(short('deploy.', '_steer.cdn.example.test', 'TXT')).to.deep.equal(['"order=rotate"']);
  });

  it('the answer is signed, has the stored TTL, and says that it is raw', () => {
    const text = dig('deploy.', 'www.example.test', 'A');
    expect(text).to.match(/^www\.example\.test\.\s+60\s+IN\s+A\s+192\.0\.2\.2$/m);
    expect(text).to.contain('EDE: 0 (Other): (raw view: 2 of 3 live)');
    expect(text).to.match(/TSIG PSEUDOSECTION[\s\S]*NOERROR/);
    expect(text).not.to.match(/Couldn't verify|WARNING -- Some TSIG/);
  });

  it('nobody else does: without a key, or with one that judges, the answer is everybody’s', () => {
    for (const key of ['', 'mon.']) {
      expect(dig(key, '_steer.cdn.example.test', 'TXT')).to.contain('status: NXDOMAIN');
      expect(short(key, 'cdn.example.test', 'CNAME')).to.have.lengthOf(1);
      expect(dig(key, 'www.example.test', 'A')).not.to.contain('raw view');
    }
  });

  it('what does not fit beside the signature is asked for again over TCP', () => {
    expect(dig('deploy.', '+ignore', 'big.example.test', 'A')).to.match(/flags: qr aa tc/);
    expect(short('deploy.', 'big.example.test', 'A')).to.have.lengthOf(100);
    expect(dig('deploy.', '+noedns', '+ignore', 'big.example.test', 'A')).to.match(/flags: qr aa tc/);
  });

  it('SOA of a name below the zone, and NS at a delegation, are where clients look for them', () => {
    const soa = dig('deploy.', '+norecurse', 'a.b.www.example.test', 'SOA');
    expect(soa)
      .to.match(/status: NXDOMAIN/)
      .and.match(/flags: qr aa;/);
    expect(soa).to.match(/AUTHORITY SECTION:\nexample\.test\..*SOA/);
    expect(dig('deploy.', '+norecurse', 'child.example.test', 'NS')).to.match(
      /AUTHORITY SECTION:\nchild\.example\.test\..*NS\s+ns\.child\.example\.test\./,
    );
  });
});
