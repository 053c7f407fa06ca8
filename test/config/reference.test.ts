import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { readConfig } from '../../src/config/load.ts';
import { showFile, showJsonSchema, showReference } from '../../src/config/reference.ts';
import { SETTINGS } from '../../src/config/settings.ts';
import { WAYPOST_TOML } from '../../src/config/settings-files.ts';

const docs = new URL('../../../docs/', import.meta.url);
const reference = readFileSync(new URL('configuration.md', docs), 'utf8');
const remedy = 'run `node dist/test/config/write-docs.js`';

describe('config/reference', () => {
  it('every setting has a heading on the reference page, and nothing else has', () => {
    const written = [...reference.matchAll(/^### (.*)$/gm)].map((match) => match[1]);
    expect(written).to.deep.equal(SETTINGS.map(({ key }) => `\`${key}\``));
  });

  it('the page and the JSON Schema are those made from the table', () => {
    expect(reference, remedy).to.equal(showReference(WAYPOST_TOML));
    const schema = readFileSync(new URL('waypost.schema.json', docs), 'utf8');
    expect(schema, remedy).to.equal(showJsonSchema(WAYPOST_TOML));
  });

  it('the file with every setting is valid and says the same as no file', () => {
    expect(readConfig(showFile(SETTINGS), '/etc/waypost.toml')).to.deep.equal(
      readConfig('', '/etc/waypost.toml'),
    );
  });

  it('every example on the page is valid', () => {
    for (const [, example = ''] of reference.matchAll(/```toml\n(.*?)```/gs)) {
      expect(() => readConfig(example, '/etc/waypost.toml'), example).not.to.throw();
    }
  });

  it('the examples of transfers.md are valid', () => {
    const page = readFileSync(new URL('transfers.md', docs), 'utf8');
    const examples = [...page.matchAll(/```toml\n(.*?)```/gs)];
    expect(examples).to.have.length(1);
    for (const [, example = ''] of examples) readConfig(example, '/etc/waypost.toml');
  });

  it('settings outside tables come first, and tables are not torn apart, so that the file can be written in order', () => {
    const tables = SETTINGS.map(({ key }) => key.split('.').slice(0, -1).join('.'));
    const runs = tables.filter((table, i) => table !== tables[i - 1]);
    expect(runs).to.deep.equal([...new Set(runs)]);
    expect(runs[0]).to.equal('');
  });

  it('examples differ from the defaults', () => {
    for (const { key, example, fallback } of SETTINGS) expect(example, key).not.to.deep.equal(fallback);
  });
});
