/** The rows of the threat model by name, done to the leaves of the larger table, each with its trace. */
import { afterEach, expect, test, vi } from "vitest";
import { IntegrityError } from "../../src/errors.ts";
import { SealedDevice } from "../../src/scratch/sealed-device.ts";
import { processSequence, WriteSequence } from "../../src/scratch/write-sequence.ts";
import { formatTrace, type HostFault } from "../../src/testing/index.ts";
import { expectBytes, markedBytes } from "../device/contract.ts";
import { SealWatch } from "./boundary.ts";
import { CheckedDisk, type Operation, type Outcome } from "./checked-disk.ts";
import { largerDisk } from "./larger-table.ts";

const size = 512;
const sectors = 6;
/** Three leaves of two records behind the data, of which two are in memory. */
const table = { levels: 1, recordsPerLeaf: 2, cachedLeaves: 2 };
const leaf0 = sectors * size;
const whole: Operation = { kind: "read", offset: 0, length: sectors * size };
let watch: SealWatch | undefined;

afterEach(() => watch?.stop());

function at(sector: number, kind: "read" | "write" = "read"): Operation {
  return { kind, offset: sector * size, length: size };
}

/** A disk whose sectors were all written twice; the leaves of sectors 2 to 5 are in memory, and on disk as they are there. */
async function written(): Promise<CheckedDisk> {
  watch = await SealWatch.start();
  const subject = { SealedDevice, WriteSequence, processSequence };
  const disk = await CheckedDisk.make(subject, watch, sectors, size, undefined, table);
  for (let i = 0; i < 2; i++) {
    expect(await disk.step({ kind: "write", offset: 0, length: sectors * size })).toBe("done");
  }
  for (let i = 0; i < 2; i++)
    for (const sector of [0, 2, 4]) expect(await disk.step(at(sector))).toBe("done");
  disk.host.trace.length = 0;
  return disk;
}

/** Reads the sectors of the other leaves until that of sector 0 is in memory no more. */
async function pushOut(disk: CheckedDisk): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const sector of [2, 4, 2, 4]) outcomes.push(await disk.step(at(sector)));
  return outcomes;
}

test.each<[string, HostFault, Outcome]>([
  ["H1, H2: a bit flipped in the answer", { kind: "flip-answer", byte: 300, bit: 2 }, "integrity"],
  ["H4: a read misdirected to another leaf", { kind: "answer-from", offsetBytes: leaf0 + size }, "integrity"],
  ["H5: an older answer", { kind: "answer-older", versions: 1 }, "integrity"],
  ["H8: the buffer changed after the answer", { kind: "change-later" }, "done"],
  ["H9: a short answer that is said to be whole", { kind: "answer-short", lengthBytes: 511 }, "integrity"],
  ["H9: an answer of nothing", { kind: "answer-short", lengthBytes: 0 }, "integrity"],
  ["H9: a short answer that is said to be short", { kind: "reject-short", lengthBytes: 9 }, "device"],
  ["H9: a buffer that was taken away", { kind: "detach" }, "device"],
  ["H10: an error after the bytes have come", { kind: "fail", when: "after" }, "device"],
  ["H10: an error instead", { kind: "fail", when: "before" }, "device"],
  ["H11: an answer that comes late", { kind: "hang" }, "done"],
])("a leaf read, %s, and the next read is the truth (H7)", async (_, fault, outcome) => {
  const disk = await written();
  disk.host.plan({ fault, call: "read" });
  expect([await disk.step(at(0)), await disk.step(at(1))]).toEqual([outcome, "done"]);
  expect(formatTrace(disk.host.trace)).toContain(`read ${leaf0}+512: ${fault.kind}`);
});

test("H7: two reads of a leaf differ, the good one first", async () => {
  const disk = await written();
  expect(await disk.step(at(0))).toBe("done");
  await pushOut(disk);
  disk.host.plan({ fault: { kind: "flip-answer", byte: 0, bit: 0 }, call: "read" });
  expect([await disk.step(at(0)), await disk.step(at(0))]).toEqual(["integrity", "done"]);
  expect(formatTrace(disk.host.trace)).toMatch(/read 3072\+512: honest[\s\S]*read 3072\+512: flip-answer/);
});

test("H9: a host that would fill more than a leaf is given nothing more", async () => {
  const disk = await written();
  disk.host.plan({ fault: { kind: "answer-long" }, call: "read" });
  expect(await disk.step(at(0))).toBe("done");
  expect(formatTrace(disk.host.trace)).toBe("read 3072+512: honest\nread 0+512: honest");
});

test.each<[string, HostFault, Outcome, Outcome]>([
  ["H8: the buffer changed after the write", { kind: "change-later" }, "done", "done"],
  ["H10: a write that fails after it was done", { kind: "fail", when: "after" }, "device", "done"],
  ["H10: a write that fails before", { kind: "fail", when: "before" }, "device", "done"],
  ["H11: a write that takes long", { kind: "hang" }, "done", "done"],
  ["H13: a dropped write", { kind: "drop" }, "done", "integrity"],
  ["H14: a torn write", { kind: "tear", lengthBytes: 100 }, "done", "integrity"],
  ["H15: a misdirected write", { kind: "misdirect", offsetBytes: leaf0 + 2 * size }, "done", "integrity"],
])("a leaf written back, %s", async (_, fault, outcome, read) => {
  const disk = await written();
  expect(await disk.step(at(0, "write"))).toBe("done");
  disk.host.plan({ fault, call: "write" });
  const outcomes = await pushOut(disk);
  // Who needed the room is told of a failure, once; what was in the leaf is not lost.
  expect(outcomes.filter((one) => one === "device")).toHaveLength(outcome === "device" ? 1 : 0);
  expect(await disk.step(at(0))).toBe(read);
  expect(formatTrace(disk.host.trace)).toContain(`write ${leaf0}+512: ${fault.kind}`);
});

test("H15: a leaf written over another one is an error of the other one's sectors too", async () => {
  const disk = await written();
  await disk.step(at(0, "write"));
  disk.host.plan({ fault: { kind: "misdirect", offsetBytes: leaf0 + 2 * size }, call: "write" });
  const outcomes = await pushOut(disk);
  outcomes.push(await disk.step(at(2)), await disk.step(at(0)), await disk.step(at(4)));
  expect(outcomes).toContain("integrity");
  expect(formatTrace(disk.host.trace)).toContain(`write ${leaf0}+512: misdirect`);
});

test.each(["late", "duplicate"] as const)(
  "H16: a %s write of a leaf that lands on a newer one",
  async (kind) => {
    const disk = await written();
    await disk.step(at(0, "write"));
    disk.host.plan({ fault: { kind, calls: 10 }, call: "write" });
    await pushOut(disk);
    // A leaf that has nothing is not read: the newer one is written before the older one has come.
    await disk.step({ kind: "discard", offset: 0, length: 2 * size });
    await disk.step(at(0, "write"));
    await pushOut(disk);
    expect(formatTrace(disk.host.trace)).toMatch(/write 3072\+512: honest\n[\s\S]*late-write 3072\+512/);
    expect([await disk.step(at(0)), await disk.step(at(2))]).toEqual(["integrity", "done"]);
  },
);

test("H6: a rollback of the whole disk is refused where it is noticed, at leaves as at sectors", async () => {
  const disk = await written();
  await disk.host.act({ kind: "snapshot" });
  await disk.step(at(0, "write"));
  await pushOut(disk);
  await disk.host.act({ kind: "rollback" });
  expect([await disk.step(at(0)), await disk.step(at(1)), await disk.step(at(2))]).toEqual([
    "integrity",
    "integrity",
    "done",
  ]);
  expect(formatTrace(disk.host.trace)).toMatch(
    /act: snapshot\n[\s\S]*write 3072\+512: honest\n[\s\S]*act: rollback\n/,
  );
});

test("H12: a leaf that comes after the one that was asked for later", async () => {
  const disk = await written();
  disk.host.plan({ fault: { kind: "hang" }, call: "read", at: 1 });
  const [one, other] = [markedBytes(size), markedBytes(size)];
  const slow = disk.device.read(0, one);
  await disk.device.read(4 * size, other);
  await expect.poll(() => disk.host.waiting).toBe(1);
  await disk.host.release();
  await slow;
  expectBytes(one, disk.model.bytes.subarray(0, size));
  expectBytes(other, disk.model.bytes.subarray(4 * size, 5 * size));
  expect(formatTrace(disk.host.trace)).toContain(`read ${leaf0}+512: hang`);
});

test("H17: a flush that lies changes nothing, and writes no leaf", async () => {
  const disk = await written();
  await disk.step(at(0, "write"));
  disk.host.trace.length = 0;
  disk.host.plan({ fault: { kind: "drop" } });
  expect(await disk.step({ kind: "flush" })).toBe("done");
  expect(formatTrace(disk.host.trace)).toBe("flush: drop");
  expect(await disk.step(whole)).toBe("done");
});

test("H18: zeros where a leaf was", async () => {
  const disk = await written();
  await disk.host.act({ kind: "zero", offsetBytes: leaf0, lengthBytes: size });
  expect([await disk.step(at(0)), await disk.step(at(2))]).toEqual(["integrity", "done"]);
  expect(formatTrace(disk.host.trace)).toMatch(/^act: zero/);
});

test("H19: of sectors without content only a leaf is read", async () => {
  const disk = await written();
  await disk.step({ kind: "discard", offset: 0, length: size });
  await pushOut(disk);
  disk.host.trace.length = 0;
  expect(await disk.step(at(0))).toBe("done");
  expect(formatTrace(disk.host.trace)).toBe("read 3072+512: honest");
});

test.each([0, leaf0])("H20: a disk that says it has %d bytes now", async (sizeBytes) => {
  const disk = await written();
  disk.host.plan({ fault: { kind: "resize", sizeBytes } });
  expect(await disk.step(at(0))).toBe("device");
  expect(disk.device.sizeBytes).toBe(sectors * size);
  expect(formatTrace(disk.host.trace)).toContain("resize");
});

test("H36: a generator that repeats itself gives two devices no number twice, for leaves neither", async () => {
  watch = await SealWatch.start();
  const stuck = vi.spyOn(crypto, "getRandomValues").mockImplementation((bytes) => bytes);
  const subject = { SealedDevice, WriteSequence, processSequence };
  const one = await CheckedDisk.make(subject, watch, sectors, size, undefined, table);
  const other = await CheckedDisk.make(subject, watch, sectors, size, undefined, table);
  stuck.mockRestore();
  for (const disk of [one, other]) await disk.sweep();
  // The watch has seen that every number is above the one before it.
  expect(watch.instances.size).toBe(2);
  const leaf = markedBytes(size);
  await other.host.read(leaf0, leaf);
  await one.host.write(leaf0, leaf);
  await pushOut(one);
  expect(await one.step(at(0))).toBe("integrity");
});

test("H40: a new guest on the disk of one that was killed has a disk without content or leaves", async () => {
  const disk = await written();
  disk.host.plan({ fault: { kind: "tear", lengthBytes: 9 }, call: "write" });
  await disk.step(at(0, "write"));
  const { options, leaf } = largerDisk(sectors, size, table);
  const next = await SealedDevice.createWithSequence(disk.host, options, processSequence, leaf);
  disk.host.trace.length = 0;
  const into = markedBytes(sectors * size);
  await next.read(0, into);
  expectBytes(into, new Uint8Array(sectors * size));
  expect(disk.host.trace).toEqual([]);
  await next.write(0, new Uint8Array(sectors * size).fill(1));
  await expect(disk.device.read(0, into)).rejects.toBeInstanceOf(IntegrityError);
});

test.each(["read", "write"] as const)("H11: a caller gives up while the %s of a leaf waits", async (call) => {
  const disk = await written();
  const { device, host, model } = disk;
  // Both leaves in memory are changed, so that room for the first one is made by a write.
  if (call === "write") for (const sector of [2, 4]) await disk.step(at(sector, "write"));
  disk.boundary.begin();
  host.plan({ fault: { kind: "hang" }, call });
  const giving = new AbortController();
  const into = markedBytes(size);
  const given = device.read(0, into, { signal: giving.signal }).catch((error: unknown) => error);
  for (let i = 0; i < 300; i++) await undefined;
  expect(host.waiting).toBe(1);
  giving.abort("enough");
  expect(await given).toBe("enough");
  const after = into.slice();
  // Another caller, who did not give up, has the leaf when it comes.
  const patient = markedBytes(size);
  const reading = device.read(size, patient);
  for (let i = 0; i < 300; i++) await undefined;
  await host.release();
  await reading;
  expectBytes(patient, model.bytes.subarray(size, 2 * size));
  expectBytes(into, after);
  expect(into.every((byte) => byte === 0 || byte === 0xa5)).toBe(true);
  expect(await disk.step(whole)).toBe("done");
  expect(formatTrace(host.trace)).toMatch(new RegExp(`${call} (3072|3584|4096)\\+512: hang`));
  await device.close();
});
