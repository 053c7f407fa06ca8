import { expect } from 'chai';
import { SECRET } from '../support/tsig.ts';
import { OUT, planOf, THREE, WatchedWorld } from '../support/watching.ts';

/** A world in which all is well, and the server has said so. */
async function calm(toml = THREE): Promise<WatchedWorld> {
  const world = new WatchedWorld(toml);
  world.monitor.start();
  world.learn();
  await world.pass(3000);
  return world;
}

describe('monitor/monitor', () => {
  it('comes to know everybody soon, and says nothing while all is well', async () => {
    const world = await calm();
    expect(world.states).to.deep.equal(['192.0.2.1 up', '192.0.2.2 up', '192.0.2.3 up']);
    expect(world.said).to.deep.equal([]);
    await world.monitor.stop();
    expect(world.closed).to.equal(1);
  });

  it('pulls a member that fails, and puts it back when it works', async () => {
    const world = await calm();
    world.broken.add('192.0.2.2');
    await world.pass(3000);
    expect(world.said).to.deep.equal(['out 192.0.2.2']);
    expect(world.states[1]).to.equal('192.0.2.2 down');
    world.broken.clear();
    await world.pass(4000);
    expect(world.said).to.deep.equal(['out 192.0.2.2', 'in 192.0.2.2']);
    expect(world.monitor.journal.count('update')).to.equal(2);
    await world.monitor.stop();
  });

  it('leaves a member alone that loses a single probe', async () => {
    const world = await calm();
    world.broken.add('192.0.2.2');
    await world.pass(1000); // one round: one failure at most before the quick look
    world.broken.clear();
    await world.pass(3000);
    expect(world.said.filter((line) => line.startsWith('out')).length).to.be.lessThan(2);
    await world.monitor.stop();
  });

  it('keeps the last members in, and says so', async () => {
    const world = await calm(`${THREE}keep = 2\n[blind]\npercent = 100\n`);
    world.broken.add('192.0.2.1').add('192.0.2.2');
    await world.pass(5000);
    expect(world.said).to.have.length(1);
    expect(world.effects.lines.join('\n')).to.match(
      /warn monitor: 192\.0\.2\.[12] of www\.example\.test\. is kept in/,
    );
    await world.monitor.stop();
  });

  it('pulls nobody when everything fails at once', async () => {
    const world = await calm();
    world.broken.add('all');
    await world.pass(30_000);
    expect(world.said).to.deep.equal([]);
    expect(world.monitor.watch.sight.kind).to.equal('blind');
    expect(world.effects.lines.join('\n')).to.contain('BLIND');
    world.broken.clear();
    await world.pass(30_000);
    expect(world.monitor.watch.sight.kind).to.equal('clear');
    expect(world.said).to.deep.equal([]);
    await world.monitor.stop();
  });

  it('pulls when everything fails and the references say that the network works', async () => {
    const toml = `${THREE}[reference.gateway]\naddress = "192.0.2.254"\nprobe = "web"\n`;
    const world = await calm(toml);
    for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) world.broken.add(address);
    await world.pass(5000);
    expect(world.monitor.watch.sight.kind).to.equal('theirs');
    expect(world.said).to.have.length(2); // one is kept
    await world.monitor.stop();
  });

  it('says nothing to a server of which nothing is known, and catches up', async () => {
    const world = new WatchedWorld(THREE);
    world.monitor.start();
    world.broken.add('192.0.2.3');
    await world.pass(5000);
    expect(world.said).to.deep.equal([]);
    world.learn();
    await world.pass(1000);
    expect(world.said).to.deep.equal(['out 192.0.2.3']);
    world.lose();
    world.broken.clear();
    await world.pass(5000);
    expect(world.said).to.deep.equal(['out 192.0.2.3']);
    expect(world.monitor.journal.count('update-failed')).to.equal(1);
    world.learn();
    await world.pass(1000);
    expect(world.said).to.deep.equal(['out 192.0.2.3', 'in 192.0.2.3']);
    await world.monitor.stop();
  });

  it('pulls nobody who has recovered while the server could not be heard', async () => {
    const world = await calm();
    world.takes = false;
    world.broken.add('192.0.2.3');
    await world.pass(3000);
    expect(world.states[2]).to.equal('192.0.2.3 down');
    world.lose();
    world.broken.clear();
    await world.pass(5000);
    world.takes = true;
    world.learn();
    await world.pass(1000);
    expect(world.said).to.deep.equal([]);
    await world.monitor.stop();
  });

  it('looks after both address families of a name by themselves', async () => {
    const world = await calm(THREE.replace('"192.0.2.3"]', '"2001:db8::3"]'));
    expect([...world.monitor.zones.groups.keys()]).to.deep.equal([
      'www.example.test. A',
      'www.example.test. AAAA',
    ]);
    world.broken.add('2001:db8::3');
    await world.pass(5000);
    expect(world.said).to.deep.equal([]); // the only one of its family
    await world.monitor.stop();
  });

  it('puts back at the start what it finds pulled and healthy, and never what is gone', async () => {
    const world = new WatchedWorld(THREE);
    world.monitor.start();
    world.learn({ '192.0.2.1': OUT, '192.0.2.2': { kind: 'absent' } });
    await world.pass(3000);
    expect(world.said).to.deep.equal(['in 192.0.2.1']);
    await world.monitor.stop();
  });

  it('follows the members of a name that are not listed', async () => {
    const toml = THREE.replace(/members = .*\n/, '');
    const world = new WatchedWorld(toml);
    world.monitor.start();
    expect(world.states).to.deep.equal([]);
    world.learn({ '192.0.2.7': { kind: 'in' }, '192.0.2.8': { kind: 'in' } });
    await world.pass(3000);
    expect(world.states).to.deep.equal(['192.0.2.7 up', '192.0.2.8 up']);
    await world.monitor.stop();
  });

  it('goes over to another plan without forgetting, and keeps zones that are the same', async () => {
    const world = await calm();
    const [zone] = world.zones;
    await world.monitor.reload(planOf(THREE));
    expect(world.zones[0]).to.equal(zone);
    expect(world.states[0]).to.equal('192.0.2.1 up');
    await world.monitor.reload(planOf(THREE.replace(', "192.0.2.3"]', ', "192.0.2.9"]')));
    expect(world.zones[0]).not.to.equal(zone);
    expect(world.states).to.deep.equal(['192.0.2.1 up', '192.0.2.2 up', '192.0.2.9 unknown']);
    await world.pass(3000);
    expect(world.states[2]).to.equal('192.0.2.9 up');
    await world.monitor.stop();
  });

  it('resolves when it is decided of everybody', async () => {
    const world = new WatchedWorld(THREE);
    world.monitor.start();
    world.learn();
    let isDecided = false;
    void world.monitor.decided().then(() => {
      isDecided = true;
    });
    await world.pass(100);
    expect(isDecided).to.equal(false);
    await world.pass(2000);
    expect(isDecided).to.equal(true);
    await world.monitor.stop();
  });

  it('has weights follow the load, and come back slowly', async () => {
    const toml = `${THREE.replace('probes', 'key = "mon."\naction = "judge"\nprobes')}load = "l"
slow-start = "10s"
[load.l]
url = "http://{address}/load"
interval = "1s"
half-life = "0s"
min-interval = "0s"
full = 200
least = 10
[keys."mon."]
secret = "${SECRET}"
`;
    const world = new WatchedWorld(toml);
    world.weight = 1;
    world.load = 100;
    world.monitor.start();
    world.learn();
    await world.pass(4000);
    expect([...world.said].sort()).to.deep.equal(
      ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((each) => `weight 55 ${each}`),
    );
    expect(world.effects.lines).to.contain('info monitor: 192.0.2.1 of www.example.test. has weight 55');
    world.load = 200;
    await world.pass(4000);
    expect(world.said.slice(3).sort()).to.deep.equal(
      ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((each) => `weight 10 ${each}`),
    );
    world.load = 0;
    world.broken.add('192.0.2.2');
    await world.pass(4000);
    world.broken.clear();
    world.said.length = 0;
    await world.pass(20_000);
    const ofTwo = world.said.filter((line) => line.endsWith('192.0.2.2'));
    expect(ofTwo[0]).to.equal('in 192.0.2.2');
    const weights = ofTwo.slice(1).map((line) => Number(line.split(' ')[1]));
    expect(weights).to.deep.equal(weights.toSorted((a, b) => a - b));
    expect(weights.length).to.be.greaterThan(5);
    expect(weights.at(-1)).to.equal(100);
    await world.monitor.stop();
  });
});
