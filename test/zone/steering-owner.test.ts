import { expect } from 'chai';
import { isPolicyLine, isSteeringOwner, steeredOwner, steeringOwner } from '../../src/zone/steering-owner.ts';
import { name, rr } from '../support/rr.ts';

describe('steering owner', () => {
  it('is the name with the label _steer in front', () => {
    expect(steeringOwner(name('www.example.test'))).to.deep.equal(name('_steer.www.example.test'));
    expect(steeredOwner(name('_steer.www.example.test'))).to.deep.equal(name('www.example.test'));
    expect(steeredOwner(name('_steered.example.test'))).to.equal(undefined);
    expect(isSteeringOwner(name('www._steer.example.test'))).to.equal(false);
    expect(isSteeringOwner(name('.'))).to.equal(false);
  });

  it('is not there for a name too long to have one', () => {
    const label = 'a'.repeat(61);
    expect(steeringOwner(name(`${label}.${label}.${label}.${label}`))).to.equal(undefined);
  });

  it('tells the policy line from member and verdict lines', () => {
    const lines = {
      '"rank=isp,distance within=150 order=rotate"': true,
      'rank=isp within=150': true,
      '"  order=rotate  "': true,
      '"192.0.2.1 weight=3"': false,
      '"192.0.2.1 down by=mon."': false,
      '"order=rotate backup"': false,
      '""': false,
    };
    for (const [text, expected] of Object.entries(lines)) {
      expect(isPolicyLine(rr(`_steer.www TXT ${text}`).rdata), text).to.equal(expected);
    }
  });
});
