import { SILENT_LOG } from '../../src/base/effects.ts';
import type { ListenAddress } from '../../src/serve/listen.ts';
import { type QueryPool, startPool } from '../../src/serve/pool.ts';
import { DEFAULT_TCP_OPTIONS, TcpServer } from '../../src/serve/tcp.ts';
import { SYSTEM_TIMERS } from '../../src/serve/timers.ts';
import { batchesOrSkip } from '../support/batches.ts';
import { responderOf, stateFor } from '../support/in-process.ts';
import { scanScenario } from '../support/scenario.ts';
import { allScenarios, expectNoFailures } from '../support/scenario-files.ts';
import { runScenario } from '../support/scenario-run.ts';
import { SocketAsk } from '../support/socket-ask.ts';

const LOCALHOST: ListenAddress = { octets: Uint8Array.of(127, 0, 0, 1), port: 0 };
const NOTHING = stateFor(scanScenario('', '# no zones'));

for (const portable of [false, true]) {
  describe(`scenarios, over sockets, ${portable ? 'node:dgram' : 'in batches'}`, () => {
    let pool: QueryPool;

    before(async function () {
      if (!portable) batchesOrSkip(this);
      pool = await startPool({
        addresses: [LOCALHOST],
        threads: 1,
        portable,
        shared: NOTHING,
        timers: SYSTEM_TIMERS,
        log: SILENT_LOG,
      });
    });

    after(() => pool?.stop());

    for (const file of allScenarios()) {
      it(file.title, async () => {
        const scenario = file.scan();
        const state = stateFor(scenario);
        await pool.publish(state);
        const tcp = new TcpServer(responderOf(state), DEFAULT_TCP_OPTIONS, SYSTEM_TIMERS, SILENT_LOG);
        const [tcpAddress = LOCALHOST] = await tcp.listen([LOCALHOST]);
        const [udpAddress = LOCALHOST] = pool.addresses;
        const sockets = await SocketAsk.open(udpAddress, tcpAddress);
        try {
          expectNoFailures(scenario, await runScenario(scenario, sockets.ask, portable ? 'tcp' : 'udp'));
        } finally {
          await sockets.close();
          await tcp.close();
        }
      });
    }
  });
}
