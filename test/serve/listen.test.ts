import { expect } from 'chai';
import { scanAddress } from '../../src/base/ip.ts';
import { isWildcard, ListenError, showListenAddress } from '../../src/serve/listen.ts';

describe('listen addresses', () => {
  it('are shown with brackets around IPv6', () => {
    expect(showListenAddress(at('192.0.2.1', 53))).to.equal('192.0.2.1:53');
    expect(showListenAddress(at('2001:db8::1', 5300))).to.equal('[2001:db8::1]:5300');
  });

  it('are wildcards when all octets are zero', () => {
    expect(['0.0.0.0', '::', '127.0.0.1', '::1'].map((text) => isWildcard(at(text, 53)))).to.eql([
      true,
      true,
      false,
      false,
    ]);
  });

  it('say what to do when they cannot be had', () => {
    const error = new ListenError('UDP', '192.0.2.1:53', 'EACCES');
    expect(error.code).to.equal('WP_LISTEN');
    expect(error.message).to.match(/^cannot listen on 192\.0\.2\.1:53 \(UDP\): .*CAP_NET_BIND_SERVICE/);
    expect(new ListenError('TCP', '[::1]:53', 'EADDRINUSE').message).to.contain('ss -ltnp');
    expect(new ListenError('TCP', '[::1]:53', 'EWHATEVER').message).to.contain('EWHATEVER');
  });
});

// --- helpers ---

function at(text: string, port: number) {
  const octets = scanAddress(text);
  if (octets === undefined) throw new Error(`not an address: ${text}`);
  return { octets, port };
}
