import { expect } from 'chai';
import { firstNumber, numberAt } from '../../../src/monitor/load/number-field.ts';
import { scanStubStatus, stubStatusLoad } from '../../../src/monitor/load/stub-status.ts';

describe('monitor/load: numbers in what comes', () => {
  it('finds the number at a dotted path of JSON', () => {
    const json = '{"cpu":{"load":[0.35,"1.5"]},"a.b":1,"name":"web1"}';
    expect(numberAt(json, 'cpu.load.0')).to.equal(0.35);
    expect(numberAt(json, 'cpu.load.1')).to.equal(1.5);
    expect(numberAt('42', '')).to.equal(42);
  });

  it('says which part of a path is not there, and what is', () => {
    const json = '{"cpu":{"load":1,"idle":2},"name":"web1"}';
    expect(() => numberAt(json, 'cpu.user.0')).to.throw(
      "the JSON has no field 'cpu.user'; there are: load, idle",
    );
    expect(() => numberAt(json, 'cpu.load.x')).to.throw("no field 'cpu.load.x'");
    expect(() => numberAt(json, 'constructor')).to.throw("no field 'constructor'");
    expect(() => numberAt(json, 'name')).to.throw("field 'name' of the JSON is not a number");
    expect(() => numberAt('<html>', 'a')).to.throw('what came is not JSON');
    expect(() => numberAt('{"a":1e999}', 'a')).to.throw('not a number');
  });

  it('finds the first number of a text, not inside words', () => {
    const numbers = ['0.35 0.40 0.38 1/234 5678', 'load1: -2.5e1', 'w=.5', '7\n'].map(firstNumber);
    expect(numbers).to.deep.equal([0.35, -25, 0.5, 7]);
    expect(() => firstNumber('load1')).to.throw('there is no number in the text');
    expect(() => firstNumber(' \n')).to.throw('nothing came, not a number');
  });

  it("reads nginx' stub_status", () => {
    const text =
      'Active connections: 291 \nserver accepts handled requests\n 16630948 16630948 31070465 \nReading: 6 Writing: 179 Waiting: 106 \n';
    const now = scanStubStatus(text);
    expect(now).to.deep.equal({
      ...{ active: 291, accepts: 16630948, handled: 16630948, requests: 31070465 },
      ...{ reading: 6, writing: 179, waiting: 106 },
    });
    const before = { ...now, requests: now.requests - 500 };
    const load = (value: Parameters<typeof stubStatusLoad>[0]) => stubStatusLoad(value, now, before, 2000);
    expect([load('active'), load('busy'), load('writing'), load('reading'), load('waiting')]).to.deep.equal([
      290, 184, 178, 6, 106,
    ]);
    expect(load('rate')).to.equal(250);
    expect(stubStatusLoad('rate', now, undefined, 0)).to.equal(undefined);
    expect(stubStatusLoad('rate', before, now, 2000)).to.equal(undefined);
    expect(() => scanStubStatus('<html>')).to.throw("not nginx' stub_status");
  });
});
