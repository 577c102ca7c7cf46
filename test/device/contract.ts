/** The contract of src/device/block-device.ts on reading, as tests that every device runs. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { equalBytes } from "../../src/bytes/index.ts";
import type { BlockDevice } from "../../src/device/index.ts";

/** A device under test, and what lies behind it. */
export interface ContractSubject<Device extends BlockDevice = BlockDevice> {
  readonly device: Device;
  /** Changes every byte that lies behind the device, as a host may after a read; absent where nobody can. */
  spoil?(): Promise<void> | void;
  /** How often the device has reached for what lies behind it, where the test can count that. */
  ioCount?(): number;
  /** Clears away what lies behind, after the device was closed. */
  dispose?(): Promise<void> | void;
}

/** Makes a device that holds exactly `content`. The device is the test's own, and the test closes it. */
export type MakeSubject<Device extends BlockDevice = BlockDevice> = (
  content: Uint8Array,
) => Promise<ContractSubject<Device>>;

/** How to adapt the tests to a device. */
export interface ContractOptions {
  /** How many bytes `content` has: for devices whose size is a multiple of something. At least 20,000. */
  readonly sizeBytes?: number;
}

/** 19 blocks of 4096. */
export const defaultSizeBytes = 77_824;

/** What marks memory that no call has touched. */
export const untouched = 0xa5;

/** Bytes without a pattern, the same for the same seed; none is 0 or the mark of untouched memory. */
export function patternBytes(sizeBytes: number, seed = 1): Uint8Array {
  let state = seed >>> 0;
  return Uint8Array.from({ length: sizeBytes }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const byte = state >>> 24;
    return byte === 0 || byte === untouched ? 1 : byte;
  });
}

/** Memory that no call has touched. */
export function markedBytes(sizeBytes: number): Uint8Array {
  return new Uint8Array(sizeBytes).fill(untouched);
}

/** Compares in one go: vitest's own comparison takes seconds for as many bytes. */
export function expectBytes(actual: Uint8Array, expected: Uint8Array): void {
  expect(equalBytes(actual, expected), "the bytes are as expected").toBe(true);
}

/** After a rejection a buffer is as it was, or zeroed: it holds no byte of the host's. */
export function expectNothingLeaked(into: Uint8Array): void {
  const kept = into.every((byte) => byte === untouched);
  const zeroed = into.every((byte) => byte === 0);
  expect(kept || zeroed, "the buffer is untouched or zeroed").toBe(true);
}

/** Ranges that are not inside a device of `sizeBytes`: offset, and length of the buffer. */
export function badRanges(sizeBytes: number): [number, number][] {
  return [
    [-1, 1],
    [-1, 0],
    [0.5, 1],
    [Number.NaN, 0],
    [Number.NaN, 1],
    [Number.POSITIVE_INFINITY, 0],
    [Number.NEGATIVE_INFINITY, 1],
    [0, sizeBytes + 1],
    [1, sizeBytes],
    [sizeBytes, 1],
    [sizeBytes + 1, 0],
    [Number.MAX_SAFE_INTEGER, 1],
    [Number.MAX_SAFE_INTEGER + 1, 0],
    [2 ** 64, 1],
  ];
}

/** One device for each test, made before it and closed after it. */
interface Fixture {
  readonly content: Uint8Array;
  subject: ContractSubject;
}

/** Runs what holds for every device. `make` is called anew for each test. */
export function describeBlockDeviceContract(
  name: string,
  make: MakeSubject,
  { sizeBytes = defaultSizeBytes }: ContractOptions = {},
): void {
  describe(`${name} keeps the contract of a BlockDevice`, () => {
    const fixture = { content: patternBytes(sizeBytes) } as Fixture;
    beforeEach(async () => {
      fixture.subject = await make(fixture.content.slice());
    });
    afterEach(async () => {
      await fixture.subject.device.close();
      await fixture.subject.dispose?.();
    });
    testReading(fixture);
    testRefusals(fixture);
    testPrivacy(fixture);
    testAborting(fixture);
    testClosing(fixture);
  });
}

async function expectRead(fixture: Fixture, offsetBytes: number, lengthBytes: number): Promise<void> {
  // Inside a larger buffer, so that a write outside of the view shows.
  const memory = markedBytes(lengthBytes + 32);
  await fixture.subject.device.read(offsetBytes, memory.subarray(16, 16 + lengthBytes));
  const expected = markedBytes(lengthBytes + 32);
  expected.set(fixture.content.subarray(offsetBytes, offsetBytes + lengthBytes), 16);
  expectBytes(memory, expected);
}

function testReading(fixture: Fixture): void {
  const sizeBytes = fixture.content.length;

  test("has a name and its size", () => {
    expect(fixture.subject.device.name).not.toBe("");
    expect(fixture.subject.device.sizeBytes).toBe(sizeBytes);
  });

  test("reads any range, whole, empty and unaligned", async () => {
    await expectRead(fixture, 0, sizeBytes);
    await expectRead(fixture, 0, 0);
    await expectRead(fixture, sizeBytes, 0);
    await expectRead(fixture, 0, 1);
    await expectRead(fixture, sizeBytes - 1, 1);
    for (const edge of [511, 512, 513, 4095, 4096, 4097]) {
      await expectRead(fixture, edge, 1);
      await expectRead(fixture, edge - 1, 4098);
      await expectRead(fixture, 0, edge);
      await expectRead(fixture, edge, sizeBytes - edge);
    }
  });

  test("reads ranges chosen at random", async () => {
    const range = fc
      .nat({ max: sizeBytes })
      .chain((offset) => fc.tuple(fc.constant(offset), fc.nat({ max: sizeBytes - offset })));
    await fc.assert(
      fc.asyncProperty(range, ([offsetBytes, lengthBytes]) => expectRead(fixture, offsetBytes, lengthBytes)),
      { numRuns: 60 },
    );
  });

  test("serves overlapping calls each on its own", async () => {
    const reads = Array.from({ length: 200 }, async (_, i) => {
      const offsetBytes = (i * 7919) % sizeBytes;
      await expectRead(fixture, offsetBytes, Math.min(1 + ((i * 613) % 9000), sizeBytes - offsetBytes));
    });
    expect(await Promise.all(reads)).toHaveLength(200);
  });
}

function testRefusals(fixture: Fixture): void {
  const sizeBytes = fixture.content.length;

  test.each(badRanges(sizeBytes))(
    "refuses offset %s with length %s before any I/O",
    async (offset, length) => {
      const { device, ioCount } = fixture.subject;
      const before = ioCount?.();
      const into = markedBytes(length);
      await expect(device.read(offset, into)).rejects.toMatchObject({
        name: "UsageError",
        code: "out-of-bounds",
        at: { device: device.name },
      });
      expectBytes(into, markedBytes(length));
      expect(ioCount?.()).toBe(before);
    },
  );

  test("keeps a good read good beside a refused one", async () => {
    const refused = fixture.subject.device.read(sizeBytes, new Uint8Array(1));
    const good = expectRead(fixture, 0, 5000);
    await expect(refused).rejects.toMatchObject({ code: "out-of-bounds" });
    await good;
  });
}

function testPrivacy(fixture: Fixture): void {
  test("gives memory that is the caller's own", async () => {
    const into = new Uint8Array(8192);
    await fixture.subject.device.read(100, into);
    await fixture.subject.spoil?.();
    expectBytes(into, fixture.content.subarray(100, 8292));
  });

  test("lets no write to what it gave reach the next reader", async () => {
    const into = new Uint8Array(8192);
    await fixture.subject.device.read(100, into);
    into.fill(0xee);
    await expectRead(fixture, 100, 8192);
  });
}

function testAborting(fixture: Fixture): void {
  test("rejects with the reason of an aborted signal, before any I/O", async () => {
    const { device, ioCount } = fixture.subject;
    const reason = new Error("not wanted any more");
    const before = ioCount?.();
    const into = markedBytes(4096);
    await expect(device.read(0, into, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expectNothingLeaked(into);
    expect(ioCount?.()).toBe(before);
  });

  test("when aborted on the way, is done or rejects with the reason and leaks nothing", async () => {
    for (let turns = 0; turns < 12; turns++) {
      const reason = new Error("enough");
      const controller = new AbortController();
      const into = markedBytes(fixture.content.length);
      const outcome = fixture.subject.device.read(0, into, { signal: controller.signal }).then(
        () => "done",
        (error: unknown) => error,
      );
      for (let turn = 0; turn < turns; turn++) await pass(0);
      controller.abort(reason);
      const answer = await outcome;
      const settled = into.slice();
      if (answer === "done") expectBytes(into, fixture.content);
      else {
        expect(answer).toBe(reason);
        expectNothingLeaked(into);
      }
      await pass(3);
      expectBytes(into, settled);
    }
    await expectRead(fixture, 0, fixture.content.length);
  });

  test("does not mind an abort that comes too late", async () => {
    const controller = new AbortController();
    const into = new Uint8Array(1000);
    await fixture.subject.device.read(5, into, { signal: controller.signal });
    controller.abort();
    expectBytes(into, fixture.content.subarray(5, 1005));
  });
}

function testClosing(fixture: Fixture): void {
  const refused = { name: "StateError", code: "closed" };

  test("closes after the calls under way, and refuses those that come later", async () => {
    const { device } = fixture.subject;
    const order: string[] = [];
    const into = new Uint8Array(fixture.content.length);
    const read = device.read(0, into).then(() => order.push("read"));
    const closed = device.close().then(() => order.push("closed"));
    const late = markedBytes(16);
    await expect(device.read(0, late)).rejects.toMatchObject(refused);
    await Promise.all([read, closed]);
    expect(order).toEqual(["read", "closed"]);
    expectBytes(into, fixture.content);
    expectNothingLeaked(late);
  });

  test("closes twice without complaint, at once or later", async () => {
    const { device } = fixture.subject;
    await Promise.all([device.close(), device.close()]);
    await device.close();
    await expect(device.read(0, new Uint8Array(0))).rejects.toMatchObject(refused);
    expect(device.sizeBytes).toBe(fixture.content.length);
  });

  test("is closed at the end of an `await using`", async () => {
    const { device } = fixture.subject;
    {
      await using scoped = device;
      await scoped.read(0, new Uint8Array(1));
    }
    await expect(device.read(0, new Uint8Array(1))).rejects.toMatchObject(refused);
  });
}

/** Lets other work go on for a while; 0 ms is one turn of the event loop. */
export function pass(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
