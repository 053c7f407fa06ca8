import { expect } from 'chai';
import { makeLog, realEffects } from '../../src/cli/effects.ts';

function lines(options: Parameters<typeof makeLog>[0]) {
  const written: string[] = [];
  return { log: makeLog(options, (line) => written.push(line)), written };
}

describe('cli/effects', () => {
  it('writes text: time, level, sentence, fields', () => {
    const { log, written } = lines({ level: 'info', format: 'text' });
    log.info('zone: loaded', {
      zone: 'example.test',
      records: 12,
      complete: true,
      key: undefined,
      note: 'two words',
    });
    expect(written).to.have.length(1);
    expect(written[0]).to.match(
      /^\d{4}-\d\d-\d\dT[\d:.]+Z info zone: loaded zone=example\.test records=12 complete=true note="two words"\n$/,
    );
  });

  it('writes what the level allows', () => {
    const { log, written } = lines({ level: 'warn', format: 'text' });
    log.error('a: b');
    log.warn('c: d');
    log.info('e: f');
    log.debug('g: h');
    expect(written.map((line) => line.replace(/^\S+ /, ''))).to.deep.equal(['error a: b\n', 'warn c: d\n']);
  });

  it('keeps a line one line, whatever a name from the network holds', () => {
    const { log, written } = lines({ level: 'info', format: 'text' });
    log.info('udp: from\nelsewhere', {
      name: 'a\n2026 error fake\u001b[2J',
      empty: '',
      quote: 'a"b',
      equals: 'a=b',
      csi: '\u009b',
    });
    expect(written[0]?.replace(/^\S+ /, '')).to.equal(
      'info udp: from\\u000aelsewhere name="a\\n2026 error fake\\u001b[2J" empty="" quote="a\\"b" equals="a=b" csi=\\u009b\n',
    );
  });

  it("writes pino's own JSON when asked to", () => {
    const { log, written } = lines({ level: 'debug', format: 'json' });
    log.debug('zone: loaded', { zone: 'example.test' });
    expect(JSON.parse(written[0] ?? '')).to.include({
      level: 20,
      msg: 'zone: loaded',
      zone: 'example.test',
      pid: process.pid,
    });
  });

  it('has random octets and a clock', () => {
    const effects = realEffects({ level: 'error', format: 'text' });
    expect(effects.randomOctets(16)).to.have.length(16);
    expect(effects.randomOctets(16)).not.to.deep.equal(effects.randomOctets(16));
    expect(effects.nowMs()).to.be.greaterThan(Date.UTC(2024, 0));
  });
});
