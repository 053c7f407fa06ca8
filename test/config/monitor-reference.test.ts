import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { readMonitorConfig } from '../../src/config/monitor-load.ts';
import { KINDS_OF_OPTION, MONITOR_PROBE_SETTINGS } from '../../src/config/monitor-probe-settings.ts';
import { MONITOR_SETTINGS } from '../../src/config/monitor-settings.ts';
import { showFile, showJsonSchema, showReference } from '../../src/config/reference.ts';
import { MONITOR_TOML } from '../../src/config/settings-files.ts';

const docs = new URL('../../../docs/', import.meta.url);
const reference = readFileSync(new URL('monitor-settings.md', docs), 'utf8');
const remedy = 'run `node dist/test/config/write-docs.js`';

describe('config: the reference of monitor.toml', () => {
  it('every setting has a heading on the reference page, and nothing else has', () => {
    const written = [...reference.matchAll(/^### (.*)$/gm)].map((match) => match[1]);
    expect(written).to.deep.equal(MONITOR_SETTINGS.map(({ key }) => `\`${key}\``));
  });

  it('the page and the JSON Schema are those made from the table', () => {
    expect(reference, remedy).to.equal(showReference(MONITOR_TOML));
    const schema = readFileSync(new URL('waypost-monitor.schema.json', docs), 'utf8');
    expect(schema, remedy).to.equal(showJsonSchema(MONITOR_TOML));
  });

  it('the file with every setting is valid and says the same as no file', () => {
    expect(readMonitorConfig(showFile(MONITOR_SETTINGS), '/etc/monitor.toml')).to.deep.equal(
      readMonitorConfig('', '/etc/monitor.toml'),
    );
  });

  it('every example on the page is valid', () => {
    for (const [, example = ''] of reference.matchAll(/```toml\n(.*?)```/gs)) {
      expect(() => readMonitorConfig(example, '/etc/monitor.toml'), example).not.to.throw();
    }
  });

  it('the examples of monitor.md are valid', () => {
    const page = readFileSync(new URL('monitor.md', docs), 'utf8');
    const examples = [...page.matchAll(/```toml\n(.*?)```/gs)];
    expect(examples.length).to.be.greaterThan(5);
    for (const [, example = ''] of examples) {
      expect(() => readMonitorConfig(example, '/etc/monitor.toml'), example).not.to.throw();
    }
  });

  it('settings outside tables come first, and tables are not torn apart', () => {
    const tables = MONITOR_SETTINGS.map(({ key }) => key.split('.')[0] ?? '').map((first, i) =>
      MONITOR_SETTINGS[i]?.key.includes('.') === true ? first : '',
    );
    const runs = tables.filter((table, i) => table !== tables[i - 1]);
    expect(runs).to.deep.equal([...new Set(runs)]);
    expect(runs[0]).to.equal('');
  });

  it('examples differ from the defaults', () => {
    for (const { key, example, fallback } of MONITOR_SETTINGS) {
      expect(example, key).not.to.deep.equal(fallback);
    }
  });

  it('every option of probes says for which kinds it is, and those that all have say none', () => {
    const keys = new Set(MONITOR_PROBE_SETTINGS.map(({ key }) => key.split('.')[2] ?? ''));
    const common = ['kind', 'interval', 'jitter', 'fast', 'window', 'threshold', 'timeout'];
    expect([...keys].sort()).to.deep.equal([...KINDS_OF_OPTION.keys(), ...common].sort());
  });
});
