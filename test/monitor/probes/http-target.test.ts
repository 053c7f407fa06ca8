import { expect } from 'chai';
import {
  canonicalHost,
  firstTarget,
  hostHeader,
  nextTarget,
  showTarget,
} from '../../../src/monitor/probes/http-target.ts';

const FIRST = firstTarget({ kind: 'https', address: '192.0.2.1', host: 'www.example.test', path: '/a/b?c' });

describe('what an http probe asks for', () => {
  it('has the usual port for http and https', () => {
    expect(FIRST.port).to.equal(443);
    expect(hostHeader(FIRST)).to.equal('www.example.test');
    expect(firstTarget({ kind: 'http', address: '192.0.2.1' }).port).to.equal(80);
    const odd = firstTarget({ kind: 'http', address: '192.0.2.1', port: 443 });
    expect(hostHeader(odd)).to.equal('192.0.2.1:443');
  });

  it('writes IPv6 addresses in brackets, without their zone', () => {
    const target = firstTarget({ kind: 'http', address: 'fe80:0::1%eth0', port: 8080 });
    expect(target.address).to.equal('fe80:0::1%eth0');
    expect(hostHeader(target)).to.equal('[fe80::1]:8080');
  });

  it('knows what is a host', () => {
    expect(canonicalHost('WWW.Example.test')).to.equal('www.example.test');
    expect(canonicalHost('www.example.test.')).to.equal('www.example.test');
    expect(canonicalHost('bücher.example')).to.equal('xn--bcher-kva.example');
    for (const host of ['', 'a b', 'a:80', 'a/b', 'u@a', '[::1]', 'a?b']) {
      expect(canonicalHost(host), host).to.equal(undefined);
    }
  });
});

describe('where a redirect leads', () => {
  const follow = (location: string) => {
    const target = nextTarget(FIRST, location);
    return 'problem' in target ? target.problem : `${showTarget(target)} at ${target.address}:${target.port}`;
  };

  it('stays at the probed address as long as the host is the same', () => {
    expect(follow('d')).to.equal('https://www.example.test/a/d at 192.0.2.1:443');
    expect(follow('/d?e#f')).to.equal('https://www.example.test/d?e at 192.0.2.1:443');
    expect(follow('http://WWW.example.test/')).to.equal('http://www.example.test/ at 192.0.2.1:80');
    expect(follow('//www.example.test:8443')).to.equal('https://www.example.test:8443/ at 192.0.2.1:8443');
  });

  it('goes to the address of another host', () => {
    expect(follow('https://other.example.test/x')).to.equal(
      'https://other.example.test/x at other.example.test:443',
    );
    expect(follow('http://[2001:db8::1]:81/')).to.equal('http://[2001:db8::1]:81/ at 2001:db8::1:81');
  });

  it('is nowhere when it is no URL of the web', () => {
    expect(follow('ftp://www.example.test/')).to.contain('ftp:, neither http nor https');
    expect(follow('http://')).to.contain('no URL');
    expect(follow(`/${'x'.repeat(3000)}`)).to.contain('no URL');
  });
});
