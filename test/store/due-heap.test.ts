import { expect } from 'chai';
import fc from 'fast-check';
import { DueHeap } from '../../src/store/due-heap.ts';

interface Item {
  due: number | undefined;
}

describe('store/due-heap', () => {
  it('gives what is due in its order, each as often as it was meant, whatever was put off or taken back', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('put' as const), item: fc.nat(9), due: fc.nat(30) }),
      fc.record({ kind: fc.constant('forget' as const), item: fc.nat(9) }),
      fc.record({ kind: fc.constant('compact' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(30), (steps, now) => {
        const items = Array.from({ length: 10 }, (): Item => ({ due: undefined }));
        const heap = new DueHeap<Item>((item, due) => item.due === due);
        for (const each of steps) {
          if (each.kind === 'compact') heap.compact();
          else {
            const item = items[each.item] ?? expect.fail();
            item.due = each.kind === 'put' ? each.due : undefined;
            if (each.kind === 'put') heap.add(each.due, item);
          }
        }
        const meant = items.flatMap(({ due }) => due ?? []).sort((a, b) => a - b);
        expect(heap.next).to.equal(meant[0]);
        const taken: (number | undefined)[] = [];
        for (let item = heap.take(now); item !== undefined; item = heap.take(now)) {
          taken.push(item.due);
          item.due = undefined;
        }
        expect(taken).to.deep.equal(meant.filter((due) => due <= now));
      }),
    );
  });
});
