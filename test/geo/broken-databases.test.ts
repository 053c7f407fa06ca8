import { expect } from 'chai';
import { readSource } from '../../src/geo/compile.ts';
import { GeoSourceError, GeoTablesError } from '../../src/geo/errors.ts';
import { NameTable } from '../../src/geo/facts.ts';
import { openTables } from '../../src/geo/open-tables.ts';
import { GeoTables } from '../../src/geo/tables.ts';
import { Chance, tablesOf } from '../support/geo.ts';
import { MmdbWriter } from '../support/mmdb-writer.ts';

function goodFile(): Buffer {
  const chance = new Chance(3);
  const writer = new MmdbWriter({ recordSize: 28, databaseType: 'GeoLite2-City' });
  for (let i = 0; i < 60; i++) {
    const [latitude, longitude] = [chance.below(90) + 0.5, chance.below(180) + 0.25];
    const country = { iso_code: i % 2 === 0 ? 'DE' : 'CN', names: { en: 'Somewhere', de: 'Irgendwo' } };
    const record = writer.record({
      country,
      location: { latitude, longitude, accuracy_radius: i },
      city: { names: ['a', 'b'] },
    });
    writer.insertOctets(i % 3 === 0 ? chance.ipv6() : chance.ipv4(), 8 + chance.below(24), record);
  }
  return writer.build();
}

/** The message of what compiling throws; `undefined` when the file is taken. Anything but a GeoSourceError fails. */
function refusal(octets: Uint8Array): string | undefined {
  try {
    readSource({ name: 'broken.mmdb', octets, number: 1 }, new NameTable());
    return undefined;
  } catch (error) {
    if (error instanceof GeoSourceError) return error.message;
    throw error;
  }
}

describe('broken databases', () => {
  it('cut anywhere, before or behind, are refused', () => {
    const file = goodFile();
    for (let length = 0; length < file.length; length += length < 64 ? 1 : 7) {
      if (length > 0)
        expect(refusal(file.subarray(0, length)), `${length} octets`).to.match(/^broken\.mmdb: /);
      expect(refusal(file.subarray(length + 1)), `without ${length + 1} octets`).to.match(/^broken\.mmdb: /);
    }
  });

  it('with octets changed at random are compiled or refused, never more', function () {
    this.timeout(60_000);
    const file = goodFile();
    const chance = new Chance(99);
    let refused = 0;
    for (let round = 0; round < 1500; round++) {
      const broken = Buffer.from(file);
      for (let i = 0; i <= chance.below(4); i++) broken[chance.below(broken.length)] = chance.word() & 0xff;
      if (refusal(broken) !== undefined) refused++;
    }
    expect(refused).to.be.greaterThan(100);
  });

  it('say what is wrong with them', () => {
    const with_ = (metadata: Record<string, string | number | undefined>) =>
      refusal(new MmdbWriter({ metadata }).insert('192.0.2.0/24', { country_code: 'DE' }).build());
    expect(refusal(Buffer.from('<html>'))).to.include('no MMDB metadata at its end: is the file whole?');
    expect(() => tablesOf({ 'geo/picture': Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2]) })).to.throw(
      GeoSourceError,
      'geo/picture: neither an MMDB file nor a text',
    );
    expect(with_({ record_size: 20 })).to.include('records of 20 bits; 24, 28 and 32 are understood');
    expect(with_({ ip_version: 5 })).to.include('IP version 5');
    expect(with_({ binary_format_major_version: 3 })).to.include('version 3; version 2 is understood');
    expect(with_({ node_count: undefined })).to.include('its metadata has no node_count');
    expect(with_({ node_count: 1e9 })).to.include('a search tree of 1000000000 nodes does not fit');
    expect(with_({ node_count: 3 })).to.include('no 16 zeros between its tree and its data');
  });

  it('with a loop in the tree end', () => {
    for (const ipVersion of [4, 6] as const) {
      const file = new MmdbWriter({ ipVersion }).insert('192.0.2.0/24', { country_code: 'DE' }).build();
      // Both records of every node lead to the first node, or to their neighbour.
      for (const target of [0, 1]) {
        const loop = Buffer.from(file);
        const nodes = ipVersion === 4 ? 24 : 120;
        for (let node = target; node < nodes; node++) {
          loop.writeUIntBE(target === 0 ? 0 : Math.min(nodes - 1, node + 1), 6 * node, 3);
          loop.writeUIntBE(target === 0 ? 0 : Math.min(nodes - 1, node + 1), 6 * node + 3, 3);
        }
        expect(refusal(loop), `IPv${ipVersion}, to ${target}`).to.match(/search tree (has loops|is deeper)/);
      }
    }
  });

  it('with pointers to pointers, records within themselves, and sizes beyond the file end', () => {
    const tree = new MmdbWriter({ ipVersion: 4 }).insert('0.0.0.0/0', { country_code: 'DE' }).build();
    const data = 6 + 16;
    const patched = (octets: readonly number[]) => {
      const file = Buffer.from(tree);
      Buffer.from(octets).copy(file, data);
      file.writeUIntBE(1 + 16, 0, 3);
      file.writeUIntBE(1 + 16, 3, 3);
      return refusal(file);
    };
    expect(patched([0x20, 0x00])).to.include('a pointer to a pointer');
    expect(patched([0x27, 0xff])).to.include('beyond the data');
    expect(patched([0xff, 0xff, 0xff, 0xff])).to.match(/beyond the data|without a name|without end/);
    expect(patched([0x00, 0x00])).to.include('a value of no type');
    expect(patched([0x42, 0x44, 0x45])).to.include('is no map');
    // A map whose one field is the map itself.
    expect(patched([0xe1, 0x41, 0x61, 0x20, 0x00])).to.match(/fields found: a;/);
    // Arrays within arrays, each the only thing in the one before.
    expect(patched([0xe1, 0x41, 0x61, ...new Array(12).fill([0x01, 0x04]).flat()])).to.match(
      /broken\.mmdb: /,
    );
  });
});

describe('kept tables', () => {
  const kept = () => tablesOf({ 'n.csv': 'prefix,asn,isp\n192.0.2.0/24,1,unicom\n' }).memory;

  it('open to what was compiled', () => {
    const copy = new SharedArrayBuffer(kept().byteLength);
    new Uint8Array(copy).set(new Uint8Array(kept()));
    const tables = openTables(copy);
    expect(tables.key).to.equal('test');
    expect(tables.sources.map(({ name, kind }) => `${name}: ${kind}`)).to.deep.equal(['n.csv: networks']);
    expect(tables.describe(tables.ipv4Location(0xc000_0201))).to.include({ asn: 1, isp: 'unicom' });
  });

  it('are refused when any word of their head is damaged, be it only the length of their text', () => {
    for (let word = 0; word < 16; word++) {
      const words = new Int32Array(kept());
      words[word] = (words[word] ?? 0) ^ 1;
      expect(() => openTables(words.buffer), `word ${word}`).to.throw(GeoTablesError);
    }
  });

  it('are refused when they are cut, damaged, or of another version', () => {
    const octets = new Uint8Array(kept());
    const changed = (at: number, length = octets.length) => {
      const copy = new SharedArrayBuffer(length);
      new Uint8Array(copy).set(octets.subarray(0, length));
      if (at >= 0) new Uint8Array(copy)[at] = (octets[at] ?? 0) ^ 0x10;
      return () => openTables(copy);
    };
    for (const length of [0, 4, 64, octets.length - 4]) expect(changed(-1, length)).to.throw(GeoTablesError);
    for (const at of [0, 4, 8, 16, 20, 24, 28, 32, 70, 262_300, octets.length - 1]) {
      expect(changed(at), `octet ${at}`).to.throw(GeoTablesError);
    }
    expect(() => new GeoTables(new SharedArrayBuffer(1024))).to.throw(GeoTablesError, 'no compiled tables');
  });
});
