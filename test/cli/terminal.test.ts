import { expect } from 'chai';
import { displayWidth, Progress, paint, showTable } from '../../src/cli/terminal.ts';
import { capture } from './capture.ts';

describe('cli/terminal', () => {
  it('aligns columns by what is seen, without spaces at line ends', () => {
    const table = showTable(
      [{ title: 'name' }, { title: 'n', align: 'right' }, { title: 'note' }],
      [
        ['北京', '10', ''],
        ['\u001b[31mred\u001b[39m', '7', 'x'],
      ],
    );
    expect(table).to.equal('name   n  note\n北京  10\n\u001b[31mred\u001b[39m    7  x\n');
  });

  it('measures wide, combining and coloured text', () => {
    expect(['abc', 'é', 'e\u0301', '日本', '\u001b[1mx\u001b[22m'].map(displayWidth)).to.deep.equal([
      3, 1, 1, 4, 1,
    ]);
  });

  it('paints only where there are colours', () => {
    expect(paint(capture(), 'red', 'x')).to.equal('x');
    expect(paint(capture({ hasColours: true }), 'red', 'x')).to.equal('\u001b[31mx\u001b[39m');
  });

  describe('Progress', () => {
    let now = 0;
    beforeEach(() => {
      now = 0;
    });

    it('says nothing about short work', () => {
      for (const isWatched of [true, false]) {
        const terminal = capture({ isWatched });
        const progress = new Progress(terminal, 'asking', () => now);
        now += 1900;
        progress.update(3, 5);
        progress.end();
        expect(terminal.texts().err).to.equal('');
      }
    });

    it('says only how long it takes where nothing can be counted', () => {
      const terminal = capture({ isWatched: true });
      const progress = new Progress(terminal, 'compiling', () => now);
      now += 3000;
      progress.update();
      expect(terminal.texts().err).to.equal('\r\u001b[2Kcompiling: (3 s)');
    });

    it('redraws one line for those who watch, and takes it away', () => {
      const terminal = capture({ isWatched: true });
      const progress = new Progress(terminal, 'asking', () => now);
      now += 2000;
      progress.update(3, 5);
      now += 10;
      progress.update(4, 5); // too soon
      now += 1000;
      progress.update(5);
      progress.end();
      const erase = '\r\u001b[2K';
      expect(terminal.texts().err).to.equal(`${erase}asking: 3 of 5 (2 s)${erase}asking: 5 (3 s)${erase}`);
    });

    it('writes one plain line at the end where nobody watches', () => {
      const terminal = capture();
      const progress = new Progress(terminal, 'asking', () => now);
      now += 4000;
      progress.update(5, 5);
      progress.end();
      expect(terminal.texts().err).to.equal('asking: 5 in 4 s\n');
    });
  });
});
