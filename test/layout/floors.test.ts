import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect } from 'chai';

/** DESIGN.md §7: a file imports from its own folder and from lower floors. Folders of one floor stay apart. */
const FLOOR: Readonly<Record<string, number>> = {
  base: 0,
  wire: 1,
  rdata: 2,
  message: 3,
  zone: 4,
  zonefile: 4,
  geo: 4,
  image: 5,
  steer: 5,
  answer: 6,
  update: 6,
  transfer: 6,
  client: 7,
  store: 7,
  atlas: 8,
  serve: 8,
  control: 8,
  replicate: 8,
  monitor: 8,
  config: 9,
  cli: 10,
};

/** Floors that do no I/O and read no clock (STYLE.md §4, "Purity"). */
const PURE_BELOW = 7;
const IMPURE_MODULES = [
  'node:fs',
  'node:net',
  'node:dgram',
  'node:http',
  'node:child_process',
  'node:worker_threads',
];

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
  .map((file) => join('src', file));

describe('the floors of src/', () => {
  it('has files to look at', () => {
    expect(files.length).to.be.greaterThan(20);
  });

  for (const file of files) {
    const folder = file.split('/')[1] ?? '';
    const text = readFileSync(file, 'utf8');
    const imports = [...text.matchAll(/from\s+'([^']+)'|import\(\s*'([^']+)'\s*\)/g)].map(
      (m) => m[1] ?? m[2] ?? '',
    );

    it(`${file} imports only its own folder and lower floors`, () => {
      expect(FLOOR, `folder src/${folder} has no floor`).to.have.property(folder);
      for (const specifier of imports.filter((name) => name.startsWith('.'))) {
        const target = normalize(join(dirname(file), specifier)).split('/')[1] ?? '';
        if (target === folder || !target) continue;
        expect(FLOOR[target], `${file} imports ${specifier}`).to.be.lessThan(FLOOR[folder] ?? -1);
      }
    });

    if ((FLOOR[folder] ?? 99) < PURE_BELOW) {
      it(`${file} does no I/O and reads no clock`, () => {
        expect(imports.filter((name) => IMPURE_MODULES.includes(name))).to.deep.equal([]);
        expect(text).to.not.match(/\bDate\.now\(|\bMath\.random\(|\bsetTimeout\(|\bsetInterval\(|console\./);
      });
    }
  }

  it('has no import cycle', () => {
    const graph = new Map<string, string[]>();
    for (const file of files) {
      const text = readFileSync(file, 'utf8');
      const targets = [...text.matchAll(/^\s*(?:import|export)\s+(?!type\b)[^;]*?from\s+'(\.[^']+)'/gm)];
      graph.set(
        file,
        targets.map((m) => normalize(join(dirname(file), m[1] ?? ''))),
      );
    }
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file))
        throw new Error(`cycle: ${[...path.slice(path.indexOf(file)), file].join(' -> ')}`);
      if (done.has(file)) return;
      for (const target of graph.get(file) ?? []) visit(target, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
  });
});
