import { expect } from 'chai';
import { cpuSeconds, familyOf, memoryOctets, processTable, scanStat, scanStatusOctets } from './proc.ts';

const STAT =
  '13928 (nsd: server (1)) S 42 13928 13928 0 -1 4194560 3306 0 2 0 71 129 5 7 20 0 1 0 148612 33636352 2113 18446744073709551615';

describe('bench /proc', () => {
  it('reads a stat line whose command holds spaces and parentheses', () => {
    expect(scanStat(STAT)).to.deep.equal({ pid: 13928, parent: 42, state: 'S', ticks: 200 });
  });

  it('refuses what is not a stat line', () => {
    for (const text of ['', '1', '1 (a', '1 (a) S', ') 1 (a S 2', 'x (a) S 1 2 3']) {
      expect(scanStat(text), text).to.equal(undefined);
    }
  });

  it('reads memory in octets', () => {
    const status = 'Name:\tknotd\nVmHWM:\t    4096 kB\nVmRSS:\t    1024 kB\nThreads:\t4\n';
    expect(scanStatusOctets(status, 'VmRSS')).to.equal(1024 * 1024);
    expect(scanStatusOctets(status, 'VmHWM')).to.equal(4096 * 1024);
    expect(scanStatusOctets(status, 'VmSwap')).to.equal(undefined);
  });

  it('finds a process and everything below it, in whatever order the table is', () => {
    const table = [
      { pid: 30, parent: 20, state: 'S', ticks: 0 },
      { pid: 20, parent: 10, state: 'S', ticks: 0 },
      { pid: 10, parent: 1, state: 'S', ticks: 0 },
      { pid: 11, parent: 1, state: 'S', ticks: 0 },
    ];
    expect(familyOf(10, table)).to.have.members([10, 20, 30]);
    expect(familyOf(99, table)).to.deep.equal([99]);
  });

  it('reads this process', function () {
    if (process.platform !== 'linux') {
      console.log('    skipped: /proc is Linux');
      return this.skip();
    }
    expect(processTable().map(({ pid }) => pid)).to.include(process.pid);
    expect(cpuSeconds([process.pid])).to.be.greaterThan(0);
    expect(memoryOctets([process.pid], 'VmRSS')).to.be.greaterThan(1e6);
  });
});
