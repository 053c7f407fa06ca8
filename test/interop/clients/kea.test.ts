import { createSocket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { CLIENT_ZONE, KeyedServer } from '../../support/keyed-server.ts';
import { freePort } from '../../support/peers.ts';
import { needProgram, RunningProgram } from '../../support/programs.ts';
import { SECRET } from '../../support/tsig.ts';

const APEX = 'example.test';
const REVERSE = '2.0.192.in-addr.arpa';
const DHCID_TEXT = 'AAABqrvM3e7/ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJk=';
const DHCID = Buffer.from(DHCID_TEXT, 'base64').toString('hex').toUpperCase();
const OTHER_DHCID = `${DHCID.slice(0, -2)}00`;

/** A lease's name, as kea-dhcp4 tells kea-dhcp-ddns of it. */
interface NameChange {
  readonly isRemoval?: boolean;
  readonly address?: string;
  readonly dhcid?: string;
}

describe('Kea DHCP-DDNS', function () {
  this.timeout(60_000);
  let server: KeyedServer;
  let kea: RunningProgram;
  let port = 0;

  before(async function () {
    needProgram(this, 'kea-dhcp-ddns');
    needProgram(this, 'dig');
    server = await KeyedServer.start({
      zones: {
        [APEX]: CLIENT_ZONE,
        [REVERSE]: `$TTL 60\n@ SOA ns1.${APEX}. h 1 1 1 1 1\n@ NS ns1.${APEX}.\n`,
      },
      keys: { 'kea.': 'hmac-sha256' },
      rules: {
        [APEX]: ['key = "kea.", names = ["*"], types = ["A", "AAAA", "DHCID"], action = "edit"'],
        [REVERSE]: ['key = "kea.", names = ["*"], types = ["PTR", "DHCID"], action = "edit"'],
      },
    });
    port = await freePort();
    const config = server.path('kea.json');
    writeFileSync(config, JSON.stringify(keaConfig(port, server.port)));
    const env = {
      KEA_PIDFILE_DIR: server.child.directory,
      KEA_LOCKFILE_DIR: server.child.directory,
      KEA_LOGGER_DESTINATION: 'stdout',
    };
    kea = RunningProgram.start('kea-dhcp-ddns', ['-c', config], { env });
    await kea.untilSays(/DHCP_DDNS_QUEUE_MGR_STARTED/); // before that it does not listen
  });
  after(async () => {
    await kea?.stop();
    await server?.remove();
  });

  /** Sends one name change request; resolves with what Kea logged about it, to its end. */
  async function tell(change: NameChange): Promise<string> {
    const { length } = kea.text;
    const { isRemoval = false, address = '192.0.2.50', dhcid = DHCID } = change;
    const json = JSON.stringify({
      'change-type': isRemoval ? 1 : 0,
      'forward-change': true,
      'reverse-change': true,
      fqdn: `laptop.${APEX}.`,
      'ip-address': address,
      dhcid,
      'lease-expires-on': '20380101000000',
      'lease-length': 3600,
      'use-conflict-resolution': true,
    });
    const message = Buffer.alloc(2 + json.length);
    message.writeUInt16BE(json.length);
    message.write(json, 2);
    const socket = createSocket('udp4');
    socket.send(message, port, '127.0.0.1', () => socket.close());
    await kea.untilSays(new RegExp(`^[\\s\\S]{${length}}[\\s\\S]*(?:ADD|REMOVE)_(?:SUCCEEDED|FAILED)`));
    return kea.text.slice(length);
  }

  const names = async (): Promise<readonly string[]> => [
    ...(await server.data(`laptop.${APEX}`, 'A')),
    ...(await server.data(`laptop.${APEX}`, 'DHCID')),
  ];
  const pointer = (host: number): Promise<readonly string[]> => server.data(`${host}.${REVERSE}`, 'PTR');

  it('a new lease: address, DHCID and PTR', async () => {
    expect(await tell({})).to.contain('DHCP_DDNS_ADD_SUCCEEDED');
    expect(await names()).to.deep.equal(['192.0.2.50', DHCID_TEXT.replace(/(.{56}).*/, '$1')]);
    expect(await pointer(50)).to.deep.equal([`laptop.${APEX}.`]);
  });

  it('the same client with another address: YXDOMAIN leads it to replace', async () => {
    const text = await tell({ address: '192.0.2.51' });
    expect(rcodesIn(text)).to.deep.equal(['YXDOMAIN', 'NOERROR', 'NOERROR']); // the last is for the PTR
    expect(text).to.contain('DHCP_DDNS_ADD_SUCCEEDED');
    expect((await names())[0]).to.equal('192.0.2.51');
    expect(await pointer(51)).to.deep.equal([`laptop.${APEX}.`]);
  });

  it('another client does not get the name: NXRRSET', async () => {
    const text = await tell({ address: '192.0.2.52', dhcid: OTHER_DHCID });
    expect(rcodesIn(text)).to.deep.equal(['YXDOMAIN', 'NXRRSET']);
    expect(text).to.contain('DHCP_DDNS_ADD_FAILED');
    expect((await names())[0]).to.equal('192.0.2.51');
    expect(await pointer(52)).to.deep.equal([]);
  });

  it('the end of the lease takes name and PTR away', async () => {
    expect(await tell({ isRemoval: true, address: '192.0.2.51' })).to.contain('DHCP_DDNS_REMOVE_SUCCEEDED');
    expect(await server.dig(`laptop.${APEX}`, 'A')).to.contain('status: NXDOMAIN');
    expect(await pointer(51)).to.deep.equal([]);
  });
});

// --- helpers ---

/** The RCODEs that Kea says it got. */
function rcodesIn(log: string): readonly string[] {
  return [...log.matchAll(/RESPONSE_RECEIVED .* rcode: (\w+)/g)].map(([, rcode = '']) => rcode);
}

function keaConfig(port: number, dnsPort: number): unknown {
  const domain = (name: string): unknown => ({
    'ddns-domains': [
      { name: `${name}.`, 'key-name': 'kea.', 'dns-servers': [{ 'ip-address': '127.0.0.1', port: dnsPort }] },
    ],
  });
  return {
    DhcpDdns: {
      'ip-address': '127.0.0.1',
      port,
      'dns-server-timeout': 500,
      'ncr-protocol': 'UDP',
      'ncr-format': 'JSON',
      'tsig-keys': [{ name: 'kea.', algorithm: 'HMAC-SHA256', secret: SECRET }],
      'forward-ddns': domain(APEX),
      'reverse-ddns': domain(REVERSE),
      loggers: [
        { name: 'kea-dhcp-ddns', severity: 'DEBUG', debuglevel: 99, output_options: [{ output: 'stdout' }] },
      ],
    },
  };
}
