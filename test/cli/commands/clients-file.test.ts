import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ClientsFileError, readClients } from '../../../src/cli/commands/clients-file.ts';

describe('a file of clients', () => {
  let directory = '';
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'waypost-clients-'));
  });
  after(() => rmSync(directory, { recursive: true }));

  const read = async (text: string, size = 2): Promise<(readonly string[])[]> => {
    const path = join(directory, 'clients.txt');
    writeFileSync(path, text);
    const batches: (readonly string[])[] = [];
    for await (const batch of readClients(path, size)) batches.push(batch);
    return batches;
  };

  it('holds an address or a network on each line, comments and empty lines', async () => {
    const text = '# ours\n203.0.113.1\n\n  198.51.100.0/24, Beijing\r\n2001:db8::1 # home\n';
    expect(await read(text)).to.deep.equal([['203.0.113.1', '198.51.100.0/24'], ['2001:db8::1']]);
    expect(await read('')).to.deep.equal([]);
  });

  it('is refused when it has no line ends, and is not read whole for that', async () => {
    const path = join(directory, 'sparse.txt');
    writeFileSync(path, '203.0.113.1\n');
    truncateSync(path, 2 ** 30);
    const batches = readClients(path, 2)[Symbol.asyncIterator]();
    const error = await batches.next().catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(ClientsFileError);
    expect(String(error)).to.contain('sparse.txt:2:1: a line of more than 4096 characters');
  });

  for (const wrong of ['example.test', '203.0.113.1/24', '203.0.113']) {
    it(`is refused with '${wrong}', by line`, async () => {
      const error = await read(`203.0.113.1\n${wrong}\n`).catch((caught: unknown) => caught);
      expect(error).to.be.instanceOf(ClientsFileError);
      expect(String(error)).to.contain(`clients.txt:2:1: '${wrong}' is no address`);
    });
  }

  it('that is not there is told', async () => {
    const batches = readClients(join(directory, 'none.txt'), 2)[Symbol.asyncIterator]();
    const error = await batches.next().catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(ClientsFileError);
    expect(String(error)).to.contain('cannot read');
  });
});
