import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { ZoneDatabase } from '../../src/store/database.ts';
import { SnapshotPool } from '../../src/store/zone-snapshot.ts';
import { name } from '../support/rr.ts';

const CHILD = fileURLToPath(new URL('../support/cut-child.js', import.meta.url));
const APEX = name('example.test');
/** How often it is killed. */
const KILLS = Number(process.env['WAYPOST_KILLS'] ?? 6);

describe('store: kill -9 while the journal is cut', function () {
  this.timeout(20_000 + KILLS * 5000);
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'waypost-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('leaves whole entries without a gap up to the newest, and no acknowledged change is lost', async () => {
    let cut = 0;
    for (let i = 1; i <= KILLS; i++) {
      const acknowledged = await runChild(100 + i * 13);
      const database = new ZoneDatabase(directory);
      const pool = new SnapshotPool(database.path, 1);
      const zone = pool.open(APEX);
      const oldest = zone?.journal.oldest(zone.serial) ?? 0;
      expect(zone?.serial).to.be.at.least(acknowledged);
      if (oldest > 1) cut++;
      const steps = zone?.steps(oldest);
      expect(steps?.at(-1)?.serialTo).to.equal(zone?.serial);
      for (const [j, { serialFrom }] of (steps ?? []).entries()) {
        if (j > 0) expect(serialFrom).to.equal(steps?.[j - 1]?.serialTo);
      }
      expect([...(zone?.at(oldest)?.owners() ?? [])]).to.have.length.greaterThan(1);
      zone?.close();
      expect(rows(INCOMPLETE)).to.deep.equal([]);
      expect(rows(LEFT_BEHIND)).to.deep.equal([]);
      pool.close();
      database.close();
    }
    expect(cut).to.be.greaterThan(0);
  });

  /** Runs until so many changes were acknowledged, then kills. Returns the last serial that was. */
  function runChild(changes: number): Promise<number> {
    const child = spawn(process.execPath, [CHILD, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    let seen = 0;
    child.stdout.setEncoding('latin1').on('data', (part: string) => {
      text += part;
      seen += part.split('serial').length - 1;
      if (seen >= changes) child.kill('SIGKILL');
    });
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', () => resolve(Number([...text.matchAll(/serial (\d+)\n/g)].at(-1)?.[1] ?? 0)));
    });
  }

  function rows(text: string): unknown[] {
    const sql = new Database(join(directory, 'waypost.db'), { readonly: true });
    try {
      return sql.prepare(text).raw().all();
    } finally {
      sql.close();
    }
  }
});

/** Entries that do not have all of their records. */
const INCOMPLETE = `SELECT id FROM journal WHERE action = 'change'
  AND removed + added + 2 <> (SELECT count(*) FROM journal_rr WHERE journal_rr.journal = journal.id)`;

/** Records of entries that are gone, and that nothing will clear away. */
const LEFT_BEHIND = `SELECT DISTINCT journal FROM journal_rr
  WHERE journal NOT IN (SELECT id FROM journal) AND journal NOT IN (SELECT journal FROM journal_cut)`;
