import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ChildServer } from './child-server.ts';
import { runProgram } from './programs.ts';
import { SECRET } from './tsig.ts';

/** What a {@link KeyedServer} serves and to whom it listens. */
export interface KeyedOptions {
  /** Master file texts by apex; {@link CLIENT_ZONE} is one to begin with. */
  readonly zones: Readonly<Record<string, string>>;
  /** Algorithms by key name; each has {@link SECRET}. */
  readonly keys: Readonly<Record<string, string>>;
  /** The lines of `update = [ … ]` by apex. */
  readonly rules: Readonly<Record<string, readonly string[]>>;
  /** More lines of `[zone."APEX"]`, by apex. */
  readonly zoneLines?: Readonly<Record<string, string>>;
  /** More lines at the top of waypost.toml. */
  readonly settings?: string;
}

/** A zone for clients to change: example.test. */
export const CLIENT_ZONE = `$TTL 300
@     SOA ns1 hostmaster 1 7200 900 1209600 60
@     NS  ns1
@     NS  ns2
ns1   A   192.0.2.53
ns2   A   192.0.2.54
www   60 A 192.0.2.1
www   60 A 192.0.2.2
old   A   192.0.2.7
old   TXT "old"
alias CNAME www
`;

/** A Waypost of a test's own that takes updates; asked with dig. */
export class KeyedServer {
  readonly child: ChildServer;
  readonly #keys: Readonly<Record<string, string>>;

  private constructor(child: ChildServer, keys: Readonly<Record<string, string>>) {
    this.child = child;
    this.#keys = keys;
  }

  static async start(options: KeyedOptions): Promise<KeyedServer> {
    const { zones, keys, rules, zoneLines = {}, settings = '' } = options;
    const tables = [
      ...Object.entries(keys).map(
        ([key, algorithm]) => `[keys."${key}"]\nalgorithm = "${algorithm}"\nsecret = "${SECRET}"`,
      ),
      ...Object.keys(zones).map((apex) => {
        const list = (rules[apex] ?? []).map((rule) => `  { ${rule} },\n`).join('');
        return `[zone."${apex}"]\nupdate = [\n${list}]\n${zoneLines[apex] ?? ''}`;
      }),
    ];
    const files = Object.entries(zones).map(([apex, text]) => [`${apex}.zone`, text]);
    const child = new ChildServer({
      zones: Object.fromEntries(files),
      settings: [settings, ...tables].join('\n'),
    });
    const server = new KeyedServer(child, keys);
    try {
      await child.start();
    } catch (error) {
      await child.remove();
      throw error;
    }
    return server;
  }

  get port(): number {
    return this.child.port;
  }

  /** A path in the server's directory, which goes when the server is removed. */
  path(file: string): string {
    return join(this.child.directory, file);
  }

  /** Writes a file there; only its owner may read it. Returns its path. */
  file(name: string, text: string): string {
    const path = this.path(name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  }

  /** The key file that nsupdate, dig and ddclient read. */
  keyFile(key: string): string {
    return this.file(
      `${key}key`,
      `key "${key}" {\n\talgorithm ${this.#keys[key]};\n\tsecret "${SECRET}";\n};\n`,
    );
  }

  /** A key as `-y` of nsupdate, knsupdate, dig and kdig wants it. */
  keyWord(key: string, secret = SECRET): string {
    return `${this.#keys[key] ?? 'hmac-sha256'}:${key}:${secret}`;
  }

  /** What dig prints for a question. */
  async dig(...words: readonly string[]): Promise<string> {
    const to = ['@127.0.0.1', '-p', `${this.port}`, '+tries=1', '+timeout=5'];
    const { code, text } = await runProgram('dig', ['-r', ...to, ...words]);
    expect(code, text).to.equal(0);
    return text;
  }

  /** The data that the live answer holds, one line each, sorted. */
  async data(name: string, type: string): Promise<readonly string[]> {
    return linesOf(await this.dig('+short', name, type)).sort();
  }

  /** The zone's serial. */
  async serial(apex = 'example.test'): Promise<number> {
    const [soa = ''] = await this.data(apex, 'SOA');
    return Number(soa.split(' ')[2]);
  }

  /** Forgets what was logged until now; then {@link logged} is about what comes. */
  markLog(): () => string {
    const { length } = this.child.log;
    return () => this.child.log.slice(length);
  }

  remove(): Promise<void> {
    return this.child.remove();
  }
}

/** The lines of a text that are not empty. */
export function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
