import { expect } from 'chai';
import { scanDnsperf } from './dnsperf.ts';

const STATISTICS = `Statistics:

  Queries sent:         139523
  Queries completed:    139500 (99.98%)
  Queries lost:         23 (0.02%)

  Response codes:       NOERROR 139490 (99.99%), SERVFAIL 10 (0.01%)
  Average packet size:  request 32, response 96
  Run time (s):         1.001234
  Queries per second:   139328.068000

  Average Latency (s):  0.001420 (min 0.000040, max 0.009200)
  Latency StdDev (s):   0.000520
`;

describe('bench dnsperf', () => {
  it('reads the statistics', () => {
    expect(scanDnsperf(STATISTICS)).to.deep.equal({
      sent: 139523,
      answered: 139500,
      lost: 23,
      seconds: 1.001234,
      rcodes: { NOERROR: 139490, SERVFAIL: 10 },
    });
  });

  it('refuses an output without them', () => {
    expect(scanDnsperf('')).to.equal(undefined);
    expect(scanDnsperf(STATISTICS.replace('Run time', 'Walk time'))).to.equal(undefined);
  });
});
