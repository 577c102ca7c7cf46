/** The rows of the threat model by name, each with the trace that shows that it happened. */
import { afterEach, expect, test } from "vitest";
import { MemoryDevice } from "../../src/device/index.ts";
import { DeviceError, IntegrityError } from "../../src/errors.ts";
import { SealedDevice } from "../../src/scratch/sealed-device.ts";
import { processSequence, WriteSequence } from "../../src/scratch/write-sequence.ts";
import { formatTrace, type HostFault } from "../../src/testing/index.ts";
import { expectBytes, markedBytes } from "../device/contract.ts";
import { SealWatch } from "./boundary.ts";
import { CheckedDisk, type Operation } from "./checked-disk.ts";

const size = 512;
const sectors = 4;
const whole: Operation = { kind: "read", offset: 0, length: sectors * size };
const first: Operation = { kind: "read", offset: 0, length: size };
let watch: SealWatch | undefined;

afterEach(() => watch?.stop());

/** A disk of four sectors, all of them written twice. */
async function written(): Promise<CheckedDisk> {
  watch = await SealWatch.start();
  const disk = await CheckedDisk.make({ SealedDevice, WriteSequence, processSequence }, watch, sectors);
  for (let i = 0; i < 2; i++) {
    expect(await disk.step({ kind: "write", offset: 0, length: sectors * size })).toBe("done");
  }
  disk.host.trace.length = 0;
  return disk;
}

/** One fault at a read of the first sector: its outcome, and that of the next read, at an honest host. */
async function faultyRead(fault: HostFault): Promise<[string, string, string]> {
  const disk = await written();
  disk.host.plan({ fault });
  return [await disk.step(first), await disk.step(first), formatTrace(disk.host.trace)];
}

/** One fault at a write of the first sector: its outcome, that of reading it, and the other sectors that are bad now. */
async function faultyWrite(fault: HostFault): Promise<[string, string, number[], string]> {
  const disk = await written();
  disk.host.plan({ fault, call: "write" });
  const outcome = await disk.step({ kind: "write", offset: 0, length: size });
  const bad: number[] = [];
  const read = await disk.step(first);
  for (let sector = 1; sector < sectors; sector++) {
    if ((await disk.step({ kind: "read", offset: sector * size, length: size })) !== "done") bad.push(sector);
  }
  return [outcome, read, bad, formatTrace(disk.host.trace)];
}

test.each<[string, HostFault, string]>([
  ["H1: a bit flipped in the answer", { kind: "flip-answer", byte: 300, bit: 2 }, "integrity"],
  ["H4: a read misdirected to another sector", { kind: "answer-from", offsetBytes: size }, "integrity"],
  ["H5: an older answer", { kind: "answer-older", versions: 1 }, "integrity"],
  ["H8: the buffer changed after the answer", { kind: "change-later" }, "done"],
  ["H9: a short answer that is said to be whole", { kind: "answer-short", lengthBytes: 511 }, "integrity"],
  ["H9: an answer of nothing", { kind: "answer-short", lengthBytes: 0 }, "integrity"],
  ["H9: a short answer that is said to be short", { kind: "reject-short", lengthBytes: 9 }, "device"],
  ["H9: a buffer that was taken away", { kind: "detach" }, "device"],
  ["H10: an error after the bytes have come", { kind: "fail", when: "after" }, "device"],
  ["H10: an error instead", { kind: "fail", when: "before" }, "device"],
  ["H11: an answer that comes late", { kind: "hang" }, "done"],
])("%s, and the next read is the truth (H7)", async (_, fault, outcome) => {
  const [now, next, trace] = await faultyRead(fault);
  expect([now, next]).toEqual([outcome, "done"]);
  expect(trace).toContain(`read 0+512: ${fault.kind}`);
});

test("H7: two reads differ, the good one first", async () => {
  const disk = await written();
  disk.host.plan({ fault: { kind: "flip-answer", byte: 0, bit: 0 }, at: 1 });
  expect([await disk.step(first), await disk.step(first)]).toEqual(["done", "integrity"]);
  expect(formatTrace(disk.host.trace)).toBe("read 0+512: honest\nread 0+512: flip-answer byte=0 bit=0");
});

test("H9: a host that would fill more than it was asked for is given nothing more", async () => {
  const disk = await written();
  disk.host.plan({ fault: { kind: "answer-long" } });
  expect(await disk.step(first)).toBe("done");
  expect(formatTrace(disk.host.trace)).toBe("read 0+512: honest");
});

test.each<[string, HostFault, string, string, number[]]>([
  ["H8: the buffer changed after the write", { kind: "change-later" }, "done", "done", []],
  ["H10: a write that fails after it was done", { kind: "fail", when: "after" }, "device", "poisoned", []],
  ["H10: a write that fails before", { kind: "fail", when: "before" }, "device", "poisoned", []],
  ["H13: a dropped write", { kind: "drop" }, "done", "integrity", []],
  ["H14: a torn write", { kind: "tear", lengthBytes: 100 }, "done", "integrity", []],
  ["H15: a misdirected write", { kind: "misdirect", offsetBytes: 2 * size }, "done", "integrity", [2]],
])("%s", async (_, fault, outcome, read, bad) => {
  const [now, next, others, trace] = await faultyWrite(fault);
  expect([now, next, others]).toEqual([outcome, read, bad]);
  expect(trace).toContain(`write 0+512: ${fault.kind}`);
});

test.each(["late", "duplicate"] as const)("H16: a %s write that lands on a newer one", async (kind) => {
  const disk = await written();
  disk.host.plan({ fault: { kind, calls: 2 }, call: "write" });
  for (let i = 0; i < 2; i++) await disk.step({ kind: "write", offset: 0, length: size });
  expect(await disk.step(first)).toBe("integrity");
  expect(formatTrace(disk.host.trace)).toContain("write 0+512: honest\nread 0+512: honest\nlate-write 0+512");
});

test("H6: a rollback of the whole disk is refused at the sectors that were written since", async () => {
  const disk = await written();
  await disk.host.act({ kind: "snapshot" });
  await disk.step({ kind: "write", offset: size, length: size });
  await disk.host.act({ kind: "rollback" });
  expect([await disk.step(first), await disk.step(whole)]).toEqual(["done", "integrity"]);
  expect(formatTrace(disk.host.trace)).toMatch(/^act: snapshot\nwrite 512\+512: honest\nact: rollback\n/);
});

test("H12: answers in another order than the questions", async () => {
  const disk = await written();
  const [one, other] = [markedBytes(size), markedBytes(size)];
  disk.host.plan({ fault: { kind: "hang", calls: 1 } });
  const order: number[] = [];
  const slow = disk.device.read(0, one).then(() => order.push(0));
  const quick = disk.device.read(size, other).then(() => order.push(1));
  await Promise.all([slow, quick]);
  expectBytes(one, disk.model.bytes.subarray(0, size));
  expectBytes(other, disk.model.bytes.subarray(size, 2 * size));
  expect(formatTrace(disk.host.trace)).toBe("read 0+512: hang calls=1\nread 512+512: honest");
});

test("H17: a flush that lies changes nothing, one that fails is an error", async () => {
  const disk = await written();
  disk.host.plan(
    { fault: { kind: "drop" } },
    { fault: { kind: "fail", when: "before" }, call: "flush", at: 1 },
  );
  expect([await disk.step({ kind: "flush" }), await disk.step({ kind: "flush" })]).toEqual([
    "done",
    "device",
  ]);
  expect(await disk.step(whole)).toBe("done");
  expect(formatTrace(disk.host.trace)).toMatch(/^flush: drop\nflush: fail when=before\n/);
});

test("H18: zeros where a sector was", async () => {
  const disk = await written();
  await disk.host.act({ kind: "zero", offsetBytes: 0, lengthBytes: size });
  expect(await disk.step(first)).toBe("integrity");
  expect(formatTrace(disk.host.trace)).toMatch(/^act: zero/);
});

test.each([0, size, 3 * size, 1e15])("H20: a disk that says it has %d bytes now", async (sizeBytes) => {
  const disk = await written();
  disk.host.plan({ fault: { kind: "resize", sizeBytes } });
  const isTooShort = sizeBytes < sectors * size;
  expect(await disk.step(whole)).toBe(isTooShort ? "device" : "done");
  const into = markedBytes(size);
  const last = disk.device.read(3 * size, into);
  if (isTooShort) await expect(last).rejects.toMatchObject({ code: "size-changed" });
  else await last.then(() => expectBytes(into, disk.model.bytes.subarray(3 * size)));
  expect(disk.device.sizeBytes).toBe(sectors * size);
  expect(formatTrace(disk.host.trace)).toContain("resize");
});

test("H20: a disk of more sectors than a guest can remember is refused, not tried", async () => {
  for (const sizeBytes of [2 ** 44 + 4096, Number.MAX_SAFE_INTEGER, Number.NaN, Number.POSITIVE_INFINITY]) {
    const huge = Object.create(new MemoryDevice(1), { sizeBytes: { value: sizeBytes } }) as MemoryDevice;
    await expect(SealedDevice.create(huge)).rejects.toMatchObject({ code: "invalid-argument" });
  }
});

test("H40: a new guest on the disk of one that was killed has a disk without content", async () => {
  const disk = await written();
  disk.host.plan({ fault: { kind: "tear", lengthBytes: 9 } });
  await disk.step({ kind: "write", offset: 0, length: size });
  const next = await SealedDevice.create(disk.host, { sectorSizeBytes: size });
  disk.host.trace.length = 0;
  const into = markedBytes(sectors * size);
  await next.read(0, into);
  expectBytes(into, new Uint8Array(sectors * size));
  expect(disk.host.trace).toEqual([]);
  await next.write(0, new Uint8Array(size).fill(1));
  await expect(disk.device.read(0, into)).rejects.toBeInstanceOf(IntegrityError);
});

test("a host that fails for ever fails every call, and the disk can be closed", async () => {
  const disk = await written();
  disk.host.plan({ fault: { kind: "fail", when: "before" }, times: Number.POSITIVE_INFINITY });
  for (let i = 0; i < 5; i++) expect(await disk.step(first)).toBe("device");
  await expect(disk.device.flush()).rejects.toBeInstanceOf(DeviceError);
  await disk.device.close();
  await expect(disk.device.read(0, markedBytes(1))).rejects.toMatchObject({ code: "closed" });
});
