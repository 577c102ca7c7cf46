/** The contract of src/device/block-device.ts on writing, as tests that every writable device runs. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { WritableBlockDevice } from "../../src/device/index.ts";
import {
  badRanges,
  type ContractOptions,
  type ContractSubject,
  defaultSizeBytes,
  describeBlockDeviceContract,
  expectBytes,
  type MakeSubject,
  patternBytes,
} from "./contract.ts";

/** One device for each test, and what it should hold. */
interface Fixture {
  readonly sizeBytes: number;
  subject: ContractSubject<WritableBlockDevice>;
  expected: Uint8Array;
}

/** Runs what holds for every writable device, the contract of reading included. */
export function describeWritableBlockDeviceContract(
  name: string,
  make: MakeSubject<WritableBlockDevice>,
  options: ContractOptions = {},
): void {
  describeBlockDeviceContract(name, make, options);
  describe(`${name} keeps the contract of a WritableBlockDevice`, () => {
    const fixture = { sizeBytes: options.sizeBytes ?? defaultSizeBytes } as Fixture;
    beforeEach(async () => {
      fixture.expected = patternBytes(fixture.sizeBytes);
      fixture.subject = await make(fixture.expected.slice());
    });
    afterEach(async () => {
      await fixture.subject.device.close();
      await fixture.subject.dispose?.();
    });
    testWriting(fixture);
    testRefusals(fixture);
    testAborting(fixture);
    testClosing(fixture);
  });
}

async function expectContent({ subject, expected }: Fixture): Promise<void> {
  const into = new Uint8Array(expected.length);
  await subject.device.read(0, into);
  expectBytes(into, expected);
}

function testWriting(fixture: Fixture): void {
  const { sizeBytes } = fixture;

  test("reads what was written or discarded last, whatever the ranges", async () => {
    const step = fc.record({
      what: fc.constantFrom("write", "discard", "flush"),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      length: fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: sizeBytes })),
      seed: fc.nat(),
    });
    const { device } = fixture.subject;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        for (const { what, at, length, seed } of steps) {
          const offset = Math.floor(at * sizeBytes);
          const count = Math.min(length, sizeBytes - offset);
          if (what === "write") {
            const from = patternBytes(count, seed);
            await device.write(offset, from);
            fixture.expected.set(from, offset);
          } else if (what === "discard") {
            await device.discard(offset, count);
            fixture.expected.fill(0, offset, offset + count);
          } else await device.flush();
        }
        await expectContent(fixture);
      }),
      { numRuns: 25 },
    );
  });

  test("keeps nothing of the caller's memory", async () => {
    const from = patternBytes(9000, 7);
    fixture.expected.set(from, 123);
    await fixture.subject.device.write(123, from);
    from.fill(0xee);
    await expectContent(fixture);
  });

  test("serves overlapping writes to ranges of their own", async () => {
    const stride = Math.floor(sizeBytes / 64);
    await Promise.all(
      Array.from({ length: 64 }, async (_, i) => {
        const from = patternBytes(stride, 100 + i);
        fixture.expected.set(from, i * stride);
        await fixture.subject.device.write(i * stride, from);
      }),
    );
    await expectContent(fixture);
  });
}

function testRefusals(fixture: Fixture): void {
  test.each(badRanges(fixture.sizeBytes))(
    "refuses to write or discard at %s with length %s",
    async (offset, length) => {
      const { device } = fixture.subject;
      const refused = { name: "UsageError", code: "out-of-bounds", at: { device: device.name } };
      await expect(device.write(offset, new Uint8Array(length))).rejects.toMatchObject(refused);
      await expect(device.discard(offset, length)).rejects.toMatchObject(refused);
      await expectContent(fixture);
    },
  );

  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 64])(
    "refuses to discard %s bytes",
    async (length) => {
      await expect(fixture.subject.device.discard(0, length)).rejects.toMatchObject({
        code: "out-of-bounds",
      });
      await expectContent(fixture);
    },
  );
}

function testAborting(fixture: Fixture): void {
  test("does nothing under a signal that is aborted already", async () => {
    const { device } = fixture.subject;
    const reason = new Error("never mind");
    const aborted = { signal: AbortSignal.abort(reason) };
    await expect(device.write(0, new Uint8Array(10), aborted)).rejects.toBe(reason);
    await expect(device.discard(0, 10, aborted)).rejects.toBe(reason);
    await expect(device.flush(aborted)).rejects.toBe(reason);
    await expectContent(fixture);
  });

  test("aborted on the way, a write has happened or rejects with the reason", async () => {
    const reason = new Error("stop");
    const controller = new AbortController();
    const from = patternBytes(fixture.sizeBytes, 5);
    const outcome = fixture.subject.device.write(0, from, { signal: controller.signal }).then(
      () => "done",
      (error: unknown) => error,
    );
    controller.abort(reason);
    const answer = await outcome;
    if (answer === "done") {
      fixture.expected = from;
      await expectContent(fixture);
    } else expect(answer).toBe(reason);
  });
}

function testClosing(fixture: Fixture): void {
  test("closes after the writes under way, and refuses those that come later", async () => {
    const { device } = fixture.subject;
    const order: string[] = [];
    const write = device.write(0, patternBytes(fixture.sizeBytes, 3)).then(() => order.push("write"));
    const closed = device.close().then(() => order.push("closed"));
    const refused = { name: "StateError", code: "closed" };
    await expect(device.write(0, new Uint8Array(1))).rejects.toMatchObject(refused);
    await expect(device.discard(0, 1)).rejects.toMatchObject(refused);
    await expect(device.flush()).rejects.toMatchObject(refused);
    await Promise.all([write, closed]);
    expect(order).toEqual(["write", "closed"]);
  });
}
