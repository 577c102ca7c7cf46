import { describe, expect, test } from "vitest";
import { SlotPool } from "../../src/device/slot-pool.ts";

describe("SlotPool", () => {
  test("hands out disjoint slots inside its memory, and then none", () => {
    const slots = new SlotPool(100, 10, 3);
    expect([slots.tryTake(), slots.tryTake(), slots.tryTake()]).toEqual([100, 110, 120]);
    expect(slots.tryTake()).toBe(-1);
  });

  test("serves those who wait in their order, and nobody overtakes", async () => {
    const slots = new SlotPool(0, 1, 1);
    const held = slots.tryTake();
    const order: string[] = [];
    const first = slots.take(undefined).then((slot) => {
      order.push("first");
      return slot;
    });
    const second = slots.take(undefined).then(() => order.push("second"));
    slots.giveBack(held);
    expect(slots.tryTake()).toBe(-1);
    slots.giveBack(await first);
    await second;
    expect(order).toEqual(["first", "second"]);
  });

  test("an aborted waiter leaves the queue and holds nothing", async () => {
    const slots = new SlotPool(0, 1, 1);
    const held = slots.tryTake();
    const abort = new AbortController();
    const aborted = slots.take(abort.signal);
    const patient = slots.take(undefined);
    abort.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    await expect(slots.take(abort.signal)).rejects.toThrow("enough");
    slots.giveBack(held);
    slots.giveBack(await patient);
    expect(slots.tryTake()).toBe(held);
  });

  test("a slot under an I/O comes back when that has settled, well or not", async () => {
    const slots = new SlotPool(0, 1, 1);
    for (const io of [Promise.resolve(), Promise.reject(new Error("EIO"))]) {
      slots.giveBackAfter(io, slots.tryTake());
      expect(slots.tryTake()).toBe(-1);
      const slot = await slots.take(undefined);
      slots.giveBack(slot);
    }
  });

  test("says when all are back: at once if none is out", () => {
    const slots = new SlotPool(0, 1, 2);
    let idle = 0;
    const note = () => {
      idle++;
    };
    slots.whenIdle(note);
    expect(idle).toBe(1);
    const held = [slots.tryTake(), slots.tryTake()];
    slots.whenIdle(note);
    for (const slot of held) slots.giveBack(slot);
    expect(idle).toBe(2);
  });
});
