import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, normalize, resolve } from 'node:path';
import { expect } from 'chai';
import { COMMANDS } from '../../src/cli/commands.ts';
import { ChildServer } from '../support/child-server.ts';
import { type Example, examplesOf, matchesOutput } from '../support/examples.ts';
import { SECRET } from '../support/tsig.ts';

/** Every page that people read. */
const PAGES = ['.', 'docs', 'geo', 'src', 'test', 'zones']
  .flatMap((folder) =>
    readdirSync(folder, { recursive: folder !== '.', encoding: 'utf8' }).map((file) =>
      normalize(join(folder, file)),
    ),
  )
  .filter((file) => file.endsWith('.md'))
  .sort();

const textOf = (page: string): string => readFileSync(page, 'utf8');

describe('the documentation', () => {
  it('has an index that names every page of docs/', () => {
    const index = textOf('docs/README.md');
    for (const file of readdirSync('docs')) {
      if (file !== 'README.md' && !file.endsWith('.json')) expect(index).to.contain(`](${file})`);
    }
  });

  it('names every folder of src/ in src/README.md', () => {
    const text = textOf('src/README.md');
    for (const entry of readdirSync('src', { withFileTypes: true })) {
      if (entry.isDirectory()) expect(text, entry.name).to.match(new RegExp(`\`${entry.name}/\``));
    }
  });

  for (const page of PAGES) {
    it(`${page}: links lead somewhere`, () => {
      for (const [, target = ''] of textOf(page).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:|^#/.test(target)) continue;
        const path = join(dirname(page), target.replace(/#.*/, ''));
        expect(existsSync(path), `${target} in ${page}`).to.equal(true);
      }
    });

    it(`${page}: files, scenarios and commands that it names exist`, () => {
      const text = textOf(page);
      for (const path of pathsIn(text)) expect(existsSync(path), `${path} in ${page}`).to.equal(true);
      for (const [name] of text.matchAll(/(?<![\w/.-])[a-z0-9-]+\.scenario\b/g)) {
        expect(existsSync(join('test/scenarios', name)), `${name} in ${page}`).to.equal(true);
      }
      for (const { command, sub } of commandsIn(text)) {
        const row = COMMANDS.find(({ name }) => name === command);
        expect(
          row ?? (command === 'help' ? command : undefined),
          `waypost ${command} in ${page}`,
        ).to.not.equal(undefined);
        if (command === 'zone' && sub !== '') expect(row?.usage, `waypost zone ${sub}`).to.contain(sub);
      }
    });
  }

  it('has the pages that comments in the sources send people to', () => {
    for (const file of readdirSync('src', { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts')) continue;
      for (const [path] of readFileSync(join('src', file), 'utf8').matchAll(/\bdocs\/[\w-]+\.md\b/g)) {
        expect(existsSync(path), `${path} in src/${file}`).to.equal(true);
      }
    }
  });

  it('quotes in the table of troubles what the program really says', () => {
    const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join('src', file), 'utf8'))
      .join('\n');
    const table = textOf('docs/operating.md').split('## When something is wrong')[1] ?? '';
    const quoted = [...table.matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1] ?? '');
    expect(quoted.length).to.be.greaterThan(10);
    for (const text of quoted) {
      for (const part of text.split('…').map((piece) => piece.trim())) {
        if (part !== '') expect(sources.includes(part), `'${part}' is nowhere in src/`).to.equal(true);
      }
    }
  });
});

describe('the examples in the documentation', function () {
  this.timeout(60_000);
  const servers: ChildServer[] = [];
  after(async () => {
    for (const server of servers) await server.remove();
  });

  for (const page of [
    'README.md',
    'docs/zones.md',
    'docs/steering.md',
    'docs/geography.md',
    'docs/history.md',
    'docs/members.md',
    'docs/explain.md',
    'docs/updates.md',
    'docs/keys.md',
    'docs/transfers.md',
    'docs/notify.md',
  ]) {
    it(`${page}: commands print what is shown`, async function () {
      const examples = examplesOf(textOf(page));
      expect(examples.length).to.be.greaterThan(3);
      if (spawnSync('dig', ['-v']).error !== undefined) {
        console.log(`    skipped: the examples of ${page} need dig (bind9-dnsutils), which is not installed`);
        this.skip();
      }
      const server = await serveExampleZones();
      servers.push(server);
      for (const example of examples) {
        const shown = example.command === '' ? server.output : run(server, example);
        const printed = shown
          .replaceAll(`:${server.port}`, ':5300')
          .replaceAll(`-p ${server.port}`, '-p 5300');
        const place = `${page}:${example.line}: ${example.command}`;
        if (!matchesOutput(example.output, printed)) expect(printed, place).to.equal(example.output);
      }
    });
  }

  it('docs/secondary.md: commands print what is shown', async function () {
    const examples = examplesOf(textOf('docs/secondary.md'));
    expect(examples.length).to.be.greaterThan(3);
    if (spawnSync('dig', ['-v']).error !== undefined) {
      console.log(
        '    skipped: the examples of docs/secondary.md need dig (bind9-dnsutils), which is not installed',
      );
      this.skip();
    }
    const key = `[keys."secondary."]\nsecret = "${SECRET}"\n[zone."highperfweb.test"]\n`;
    const zones = { 'highperfweb.test.zone': readFileSync('zones/highperfweb.test.zone', 'utf8') };
    const primary = new ChildServer({
      zones,
      settings: `${key}transfer = [ { key = "secondary.", view = "raw" } ]`,
    });
    servers.push(primary);
    await primary.start();
    const address = `127.0.0.1:${primary.port}`;
    const settings = `${key}primary = { address = "${address}", key = "secondary." }`;
    const secondary = new ChildServer({ zones: {}, settings });
    servers.push(secondary);
    await secondary.start();
    addShim(secondary);
    await secondary.until(() => secondary.log.includes('secondary: new'));
    for (const example of examples) {
      const narrow = (text: string) => text.replace(/ {2,}/g, '  '); // the address is longer than the one shown
      const printed = narrow(run(secondary, example, '.').replaceAll(address, '192.0.2.1:53'));
      const place = `docs/secondary.md:${example.line}: ${example.command}`;
      if (!matchesOutput(narrow(example.output), printed)) expect(printed, place).to.equal(example.output);
    }
  });
});

describe('the example of docs/zone-checks.md', () => {
  it('prints what is shown', () => {
    const folder = 'test/zones/lint';
    const files = readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'utf8')]);
    const child = new ChildServer({ zones: Object.fromEntries(files) }); // its directory alone
    addShim(child);
    const examples = examplesOf(textOf('docs/zone-checks.md'));
    expect(examples).to.have.length(2);
    for (const example of examples) {
      const printed = run(child, example);
      if (!matchesOutput(example.output, printed)) expect(printed).to.equal(example.output);
    }
    rmSync(child.directory, { recursive: true });
  });
});

// --- helpers ---

/** Paths from the repository's root. A name in dist/ stands for its source; patterns with `*` or `<` are none. */
function pathsIn(text: string): string[] {
  const found = text.matchAll(/(?<![\w/.$-])(?:src|test|docs|zones|dist|\.ci)\/[\w./*<>{}-]*[\w*}>]/g);
  return [...found]
    .map(([path]) => path)
    .filter((path) => !/[*<>{}]/.test(path))
    .map((path) => (path.startsWith('dist/') ? path.slice('dist/'.length).replace(/\.js$/, '.ts') : path));
}

/** `waypost WORD …` in code: in backticks, or as a command of an example. */
function commandsIn(text: string): { command: string; sub: string }[] {
  const found = text.matchAll(/(?:(?:`|^\$ )waypost|dist\/src\/cli\/main\.js) ([a-z]+)\b(?: ([a-z]+)\b)?/gm);
  return [...found].map(([, command = '', sub = '']) => ({ command, sub }));
}

/** A server of a copy of zones/, set up as `make run` does it, on a free port. */
async function serveExampleZones(): Promise<ChildServer> {
  const config = readFileSync('zones/waypost.toml', 'utf8');
  const zones = Object.fromEntries(
    readdirSync('zones').map((file) => [file, readFileSync(join('zones', file), 'utf8')]),
  );
  const settings = config.slice(config.indexOf('\n['));
  const server = new ChildServer({ zones, settings, isConfigInZones: true });
  mkdirSync(join(server.directory, 'geo'));
  writeFileSync(join(server.directory, 'geo/networks.csv'), textOf('geo/networks.csv'));
  await server.start();
  addShim(server);
  return server;
}

/** Makes `waypost` a command of the examples. */
function addShim(server: ChildServer): void {
  const shims = join(server.directory, 'bin');
  mkdirSync(shims);
  const main = resolve('dist/src/cli/main.js');
  writeFileSync(join(shims, 'waypost'), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
  chmodSync(join(shims, 'waypost'), 0o755);
}

/** What a command prints, standard output and standard error as they come. */
function run(server: ChildServer, { command }: Example, folder = 'zones'): string {
  const text = command
    .replaceAll('-p 5300', `-p ${server.port}`)
    .replaceAll('127.0.0.1 5300', `127.0.0.1 ${server.port}`)
    .replace(/\bwaypost rotation\b/, `waypost rotation --server 127.0.0.1:${server.port}`);
  const shims = join(server.directory, 'bin');
  const path = `${shims}${delimiter}${process.env['PATH'] ?? ''}`;
  const { stdout } = spawnSync('bash', ['-c', `exec 2>&1\n${text}`], {
    cwd: join(server.directory, folder),
    env: { ...process.env, NO_COLOR: '1', PATH: path },
    encoding: 'utf8',
    timeout: 20_000,
  });
  return stdout;
}
