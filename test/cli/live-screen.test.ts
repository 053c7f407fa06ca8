import { expect } from 'chai';
import { cutLine, LiveScreen } from '../../src/cli/live-screen.ts';

/** A terminal that keeps what is written to it. */
class KeptScreen {
  written = '';
  rows = 4;
  columns = 10;
  write(text: string): void {
    this.written += text;
  }
  size(): { rows: number; columns: number } {
    return { rows: this.rows, columns: this.columns };
  }
  take(): string {
    const text = this.written;
    this.written = '';
    return text;
  }
}

describe('cli/live-screen', () => {
  it('draws on the second buffer and gives the terminal back', () => {
    const screen = new KeptScreen();
    const live = new LiveScreen(screen);
    live.draw(['one', 'two']);
    const text = screen.take();
    for (const part of ['\u001b[?1049h', '\u001b[1;1Hone', '\u001b[2;1Htwo']) expect(text).to.contain(part);
    live.close();
    expect(screen.take()).to.equal('\u001b[?25h\u001b[?1049l');
    live.close();
    expect(screen.take()).to.equal('');
  });

  it('writes only lines that are others, and clears those that are gone', () => {
    const screen = new KeptScreen();
    const live = new LiveScreen(screen);
    live.draw(['one', 'two', 'three']);
    screen.take();
    live.draw(['one', '2']);
    const text = screen.take();
    expect(text).to.not.contain('one');
    expect(text).to.contain('\u001b[2;1H2\u001b[0m\u001b[K');
    expect(text).to.contain('\u001b[3;1H\u001b[0m\u001b[K');
    live.draw(['one', '2']);
    expect(screen.take()).to.equal('');
  });

  it('draws all anew when the terminal has another size', () => {
    const screen = new KeptScreen();
    const live = new LiveScreen(screen);
    live.draw(['one']);
    screen.take();
    screen.columns = 20;
    live.draw(['one']);
    expect(screen.take()).to.contain('\u001b[2J').and.to.contain('one');
  });

  it('cuts what does not fit', () => {
    const screen = new KeptScreen();
    new LiveScreen(screen).draw(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(screen.take()).to.contain('… 3 more').and.not.to.contain('\u001b[5;1H');
    expect(cutLine('0123456789', 10)).to.equal('0123456789');
    expect(cutLine('0123456789a', 10)).to.equal('012345678…');
    expect(cutLine('\u001b[31m0123456789a\u001b[39m', 10)).to.equal('\u001b[31m012345678…');
  });
});
