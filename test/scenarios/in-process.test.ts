import { answerInProcess } from '../support/in-process.ts';
import { allScenarios, expectNoFailures } from '../support/scenario-files.ts';
import { runScenario } from '../support/scenario-run.ts';

for (const transport of ['udp', 'tcp'] as const) {
  describe(`scenarios, in process, as if over ${transport}`, () => {
    for (const file of allScenarios()) {
      it(file.title, async () => {
        const scenario = file.scan();
        const { ask, happen } = answerInProcess(scenario);
        expectNoFailures(scenario, await runScenario(scenario, ask, transport, happen));
      });
    }
  });
}
