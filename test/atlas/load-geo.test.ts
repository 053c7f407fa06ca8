import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { writeKept } from '../../src/atlas/kept-tables.ts';
import { loadGeo } from '../../src/atlas/load-geo.ts';
import { makeTables } from '../../src/atlas/make-tables.ts';
import { keyOf } from '../../src/atlas/tables-key.ts';
import { scanIPv4 } from '../../src/base/ip.ts';
import type { GeoTables } from '../../src/geo/tables.ts';
import { locationOf } from '../support/geo.ts';
import { MmdbWriter } from '../support/mmdb-writer.ts';

const NOW_MS = Date.UTC(2026, 10, 22, 10);

/** A country database that says one thing of 192.0.2.0/24. */
function countryFile(country: string): Buffer {
  return new MmdbWriter({ databaseType: 'Test-Country' })
    .insert('192.0.2.0/24', { country: { iso_code: country } })
    .build();
}

function countryOf(tables: GeoTables | undefined, address = '192.0.2.1'): string | undefined {
  return tables === undefined
    ? undefined
    : locationOf(tables, scanIPv4(address) ?? new Uint8Array(4)).country;
}

describe('atlas/load-geo', () => {
  let directory: string;
  const at = (name: string): string => join(directory, name);
  const files = (...names: string[]) => names.map((name) => ({ path: at(name), name }));
  const load = (...names: string[]) => loadGeo({ files: files(...names), keptPath: at('kept') }, NOW_MS);
  const keep = (...names: string[]) => {
    const made = makeTables({ files: files(...names), inUse: undefined, nowMs: NOW_MS });
    if (made.kind !== 'made') throw new Error(made.kind);
    writeKept(at('kept'), made.memory);
  };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'waypost-atlas-'));
    writeFileSync(at('a.mmdb'), countryFile('DE'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('compiles the files when nothing is kept, and writes nothing', () => {
    const { tables, warnings } = load('a.mmdb');
    expect(countryOf(tables)).to.equal('DE');
    expect(warnings).to.deep.equal([]);
    expect(() => readFileSync(at('kept'))).to.throw(/ENOENT/);
  });

  it('knows nothing when no file is named', () => {
    expect(load()).to.deep.equal({ tables: undefined, sources: [], warnings: [] });
  });

  it('opens what is kept while the files are as they were, also when they were touched', () => {
    keep('a.mmdb');
    const before = Date.UTC(2026, 10, 1) / 1000;
    utimesSync(at('a.mmdb'), before, before);
    const later = loadGeo({ files: files('a.mmdb'), keptPath: at('kept') }, NOW_MS + 1000);
    expect(later.tables === undefined ? undefined : keyOf(later.tables)?.compiledMs).to.equal(NOW_MS);
  });

  it('compiles anew when a file has other octets of the same number', () => {
    keep('a.mmdb');
    writeFileSync(at('a.mmdb'), countryFile('FR'));
    expect(countryOf(load('a.mmdb').tables)).to.equal('FR');
  });

  it('compiles anew when files are named in another order', () => {
    writeFileSync(at('b.mmdb'), countryFile('FR'));
    keep('a.mmdb', 'b.mmdb');
    expect(countryOf(load('a.mmdb', 'b.mmdb').tables)).to.equal('DE');
    expect(countryOf(load('b.mmdb', 'a.mmdb').tables)).to.equal('FR');
  });

  it('compiles anew when what is kept is damaged, cut off, or something else', () => {
    for (const damage of [
      (octets: Buffer) => octets.fill(0x55, octets.length >> 1, (octets.length >> 1) + 1),
      (octets: Buffer) => octets.subarray(0, octets.length - 4),
      () => Buffer.from('something else'),
      () => Buffer.alloc(0),
    ]) {
      keep('a.mmdb');
      writeFileSync(at('kept'), damage(readFileSync(at('kept'))));
      const { tables, warnings } = load('a.mmdb');
      expect([countryOf(tables), warnings]).to.deep.equal(['DE', []]);
    }
  });

  it('leaves a missing and a broken file out, with a warning, and uses the others', () => {
    writeFileSync(at('b.mmdb'), countryFile('FR').subarray(0, 700));
    writeFileSync(at('n.csv'), 'prefix,country\n192.0.2.0/33,XX\n192.0.2.0/24,YY\n');
    const { tables, warnings } = load('n.csv', 'b.mmdb', 'c.mmdb', 'a.mmdb');
    expect(countryOf(tables)).to.equal('DE');
    const places = warnings.map((line) => line.replace(/^(\S+) .*?(; nothing .*)?$/, '$1$2'));
    const nothing = '; nothing is known from it';
    expect(places).to.deep.equal([
      'n.csv:2:14:',
      'n.csv:2:1:',
      `n.csv:3:14:${nothing}`,
      `b.mmdb:${nothing}`,
      `c.mmdb:${nothing}`,
    ]);
    expect(warnings[3]).to.contain('is the file whole?');
    expect(warnings[4]).to.contain('there is no such file');
  });

  it('keeps what a file said before it was broken or went away', () => {
    keep('a.mmdb');
    for (const spoil of [
      () => writeFileSync(at('a.mmdb'), countryFile('FR').subarray(0, 700)),
      () => rmSync(at('a.mmdb')),
    ]) {
      spoil();
      const { tables, warnings } = load('a.mmdb');
      expect(countryOf(tables)).to.equal('DE');
      expect(warnings).to.have.length(1);
      expect(warnings[0]).to.match(/^a\.mmdb: .*; what it said before is used on$/);
    }
  });

  it('tells again what is wrong with a file that was left out when the tables were kept', () => {
    writeFileSync(at('b.mmdb'), 'no database');
    keep('a.mmdb', 'b.mmdb');
    const { tables, warnings } = load('a.mmdb', 'b.mmdb');
    expect(tables === undefined ? undefined : keyOf(tables)?.compiledMs).to.equal(NOW_MS);
    expect(warnings).to.have.length(1);
  });
});
