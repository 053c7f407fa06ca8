import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);

describe('the sources', () => {
  it('open with a comment or an export that says what the file is, and export nothing by default', () => {
    for (const file of sources) {
      const text = readFileSync(join('src', file), 'utf8');
      expect(text, file).to.not.match(/^export default/m);
      expect(text, `${file} has no docstring`).to.match(/\/\*\*|^\/\//m);
    }
  });

  it('give every error class a code of its own', () => {
    const codes: string[] = [];
    for (const file of sources) {
      const text = readFileSync(join('src', file), 'utf8');
      const declared = [...text.matchAll(/class \w+ extends (?:WaypostError|\w+Error)\b/g)].length;
      const own = [...text.matchAll(/readonly code = '(WP_[A-Z_]+)'/g)].map((m) => m[1] ?? '');
      if (declared > 0) expect(own.length, file).to.be.greaterThan(0);
      codes.push(...own);
    }
    expect(codes.length).to.equal(new Set(codes).size);
  });

  it('are mirrored by tests: every folder of src/ has one under test/', () => {
    for (const folder of readdirSync('src', { withFileTypes: true })) {
      if (folder.isDirectory())
        expect(existsSync(join('test', folder.name)), `test/${folder.name}`).to.equal(true);
    }
  });
});
