/** The runs of the model tests: each throws a `Violation` where an invariant does not hold. */
import { equalBytes } from "../../src/bytes/index.ts";
import type { WriteSequence } from "../../src/scratch/write-sequence.ts";
import {
  actKinds,
  drawAct,
  drawFault,
  faultCalls,
  formatTrace,
  type HostAct,
  type HostFault,
  type HostStep,
  type SeededRandom,
} from "../../src/testing/index.ts";
import { markedBytes } from "../device/contract.ts";
import { hold, type SealWatch } from "./boundary.ts";
import { CheckedDisk, type Operation, type Subject } from "./checked-disk.ts";
import { inMemory, type LargerTable } from "./larger-table.ts";
import { count, countTrace, type Tally, watched } from "./tally.ts";

const size = 512;

/** What there is to do to three sectors: whole, in part, across, all of it. */
export const operations: readonly Operation[] = [
  { kind: "write", offset: 0, length: size },
  { kind: "write", offset: 10, length: 20 },
  { kind: "write", offset: size - 7, length: size + 14 },
  { kind: "write", offset: size, length: 2 * size },
  { kind: "read", offset: 0, length: 3 * size },
  { kind: "read", offset: size - 1, length: 2 },
  { kind: "discard", offset: 0, length: size },
  { kind: "discard", offset: size + 5, length: size },
  { kind: "flush" },
];

/** A fault of every kind that there is. */
export const everyFault: readonly HostFault[] = [
  { kind: "fail", when: "before" },
  { kind: "fail", when: "after" },
  { kind: "hang" },
  { kind: "resize", sizeBytes: size },
  { kind: "flip-answer", byte: 0, bit: 0 },
  { kind: "flip-answer", byte: size - 1, bit: 7 },
  { kind: "answer-from", offsetBytes: size },
  { kind: "answer-older", versions: 1 },
  { kind: "answer-short", lengthBytes: 0 },
  { kind: "answer-short", lengthBytes: size - 1 },
  { kind: "reject-short", lengthBytes: 3 },
  { kind: "answer-long" },
  { kind: "detach" },
  { kind: "change-later" },
  { kind: "detach-later" },
  { kind: "drop" },
  { kind: "tear", lengthBytes: 16 },
  { kind: "misdirect", offsetBytes: 2 * size },
  { kind: "late", calls: 1 },
  { kind: "late", calls: 2 },
  { kind: "duplicate", calls: 1 },
  { kind: "duplicate", calls: 2 },
];

/** An act of every kind that there is. */
export const everyAct: readonly HostAct[] = [
  { kind: "flip", offsetBytes: 0, bit: 0 },
  { kind: "swap", offsetBytes: 0, otherOffsetBytes: size, lengthBytes: size },
  { kind: "replay", offsetBytes: 0, lengthBytes: 3 * size, versions: 1 },
  { kind: "replay", offsetBytes: 0, lengthBytes: 3 * size, versions: 2 },
  { kind: "zero", offsetBytes: 0, lengthBytes: size },
];

/** A disk, and what there is to do to it. */
export interface DiskShape {
  readonly sectors: number;
  readonly table: LargerTable;
  readonly operations: readonly Operation[];
  readonly acts: readonly HostAct[];
  /** Calls on the host that an operation comes to, about. */
  readonly calls: number;
}

/** Three sectors, all records in memory. */
export const small: DiskShape = { sectors: 3, table: inMemory, operations, acts: everyAct, calls: 1 };

const leaves = 6 * size;
/** Six sectors whose records lie in three leaves, of which two are in memory. */
export const larger: DiskShape = {
  sectors: 6,
  table: { levels: 1, recordsPerLeaf: 2, cachedLeaves: 2 },
  operations: [
    { kind: "write", offset: 0, length: size },
    { kind: "write", offset: 2 * size + 10, length: 20 },
    { kind: "write", offset: 2 * size - 7, length: 14 },
    { kind: "write", offset: 3 * size, length: 3 * size },
    { kind: "read", offset: 0, length: 6 * size },
    { kind: "read", offset: 4 * size - 1, length: 2 },
    { kind: "discard", offset: 0, length: 2 * size },
    { kind: "discard", offset: size, length: 4 * size },
    { kind: "discard", offset: 3 * size + 5, length: size },
  ],
  acts: [
    { kind: "flip", offsetBytes: leaves, bit: 0 },
    { kind: "swap", offsetBytes: leaves, otherOffsetBytes: leaves + size, lengthBytes: size },
    { kind: "replay", offsetBytes: leaves, lengthBytes: 3 * size, versions: 1 },
    { kind: "replay", offsetBytes: leaves, lengthBytes: 3 * size, versions: 2 },
    { kind: "zero", offsetBytes: leaves + size, lengthBytes: 2 * size },
  ],
  calls: 3,
};

/** Six sectors to wander on, all records in memory. */
export const smallWandering: DiskShape = { ...small, sectors: 6 };
/** Twelve, with six leaves and three above them, of which two each are in memory. */
export const largerWandering: DiskShape = {
  ...larger,
  sectors: 12,
  table: { levels: 2, recordsPerLeaf: 2, cachedLeaves: 2 },
};

/** Twenty-four, with twelve, six and three leaves: room for a leaf may cost a leaf two levels above. */
export const highestWandering: DiskShape = {
  ...larger,
  sectors: 24,
  table: { levels: 3, recordsPerLeaf: 2, cachedLeaves: 2 },
};

function makeDisk(
  subject: Subject,
  watch: SealWatch,
  { sectors, table }: DiskShape,
  sequence?: WriteSequence,
): Promise<CheckedDisk> {
  return CheckedDisk.make(subject, watch, sectors, size, sequence, table);
}

/** Those that the longer sequences of the normal tier are made of. */
export function coreOf({ operations: all }: DiskShape): readonly Operation[] {
  return [0, 2, 4, 6].map((i) => all[i] as Operation);
}

/** All sequences of up to so many operations. */
function* sequences(choices: readonly Operation[], length: number): Generator<readonly Operation[]> {
  yield [];
  if (length === 0) return;
  for (const first of choices) {
    for (const rest of sequences(choices, length - 1)) yield [first, ...rest];
  }
}

/** Every sequence of up to `length` operations with every fault at every call, and every act in every place. */
export function exhaust(
  subject: Subject,
  shape: DiskShape,
  choices: readonly Operation[],
  length: number,
  tally: Tally,
): Promise<void> {
  return watched(subject, async (watch) => {
    const disk = await makeDisk(subject, watch, shape);
    for (const sequence of sequences(choices, length)) {
      for (let at = 0; at < Math.max(1, sequence.length); at++) {
        for (const fault of everyFault) {
          for (let call = at * shape.calls; call < (at + 1) * shape.calls; call++) {
            await runScript(disk, sequence, [{ fault, at: call }], tally);
          }
        }
        for (const act of shape.acts) await runActs(disk, sequence, at, [act], tally);
        await runActs(disk, sequence, at, [{ kind: "snapshot" }, { kind: "rollback" }], tally);
      }
    }
  });
}

async function runScript(
  disk: CheckedDisk,
  sequence: readonly Operation[],
  script: readonly HostStep[],
  tally: Tally,
): Promise<void> {
  await disk.anew();
  disk.host.plan(...script);
  for (const operation of sequence) count(tally, await disk.step(operation));
  await disk.sweep();
  countTrace(tally, disk);
}

/** The first act happens before the operation `at`, the second at the end; a single one after it. */
async function runActs(
  disk: CheckedDisk,
  sequence: readonly Operation[],
  at: number,
  acts: readonly HostAct[],
  tally: Tally,
): Promise<void> {
  await disk.anew();
  const [first, last] = acts as [HostAct, HostAct | undefined];
  for (const [i, operation] of sequence.entries()) {
    if (i === at && last !== undefined) await disk.host.act(first);
    count(tally, await disk.step(operation));
    if (i === at && last === undefined) await disk.host.act(first);
  }
  if (last !== undefined) await disk.host.act(last);
  await disk.sweep();
  countTrace(tally, disk);
}

/** The n-th call on the host fails, once or for ever, for every n of a long sequence. */
export function failEveryCall(subject: Subject, shape: DiskShape, tally: Tally): Promise<void> {
  return watched(subject, async (watch) => {
    const disk = await makeDisk(subject, watch, shape);
    const long = [...shape.operations, ...shape.operations.toReversed()];
    for (const times of [1, Number.POSITIVE_INFINITY]) {
      for (const when of ["before", "after"] as const) {
        for (let at = 0; at < 40 * shape.calls; at++) {
          await runScript(disk, long, [{ fault: { kind: "fail", when }, at, times }], tally);
        }
      }
    }
  });
}

/**
 * Operations, faults and acts by chance.
 *
 * @returns the host's trace, as text, of the last steps.
 */
export function wander(
  subject: Subject,
  { sectors, table }: DiskShape,
  random: SeededRandom,
  steps: number,
  tally: Tally,
): Promise<string> {
  return watched(subject, async (watch) => {
    const disk = await CheckedDisk.make(subject, watch, sectors, size, undefined, table);
    const shape = { sizeBytes: disk.boundary.sizeBytes, blockSizeBytes: size };
    const kinds = (Object.keys(faultCalls) as HostFault["kind"][]).filter((kind) => kind !== "resize");
    for (let step = 0; step < steps; step++) {
      if (random.oneIn(4)) {
        const call = random.pick(["read", "write", "flush"] as const);
        const fault = drawFault(random, call, size, shape, kinds);
        if (fault !== undefined) disk.host.plan({ fault, call });
      }
      if (random.oneIn(8)) await disk.host.act(drawAct(random, shape, actKinds));
      count(tally, await disk.step(drawOperation(random, sectors)));
      // What is lost with a leaf is lost until someone discards it all.
      if (table.levels > 0 && random.oneIn(30)) await disk.heal();
      if (random.oneIn(400)) await disk.sweep();
      if (random.oneIn(150)) await interleave(disk, random);
      if (disk.host.trace.length > 100_000) {
        countTrace(tally, disk);
        disk.host.trace.length = 0;
      }
    }
    await disk.sweep();
    countTrace(tally, disk);
    return formatTrace(disk.host.trace);
  });
}

function drawOperation(random: SeededRandom, sectors: number): Operation {
  const kind = random.pick(["read", "read", "read", "write", "write", "write", "discard", "flush"] as const);
  if (kind === "flush") return { kind };
  const end = sectors * size;
  const isAligned = random.oneIn(2);
  const offset = isAligned ? random.below(sectors) * size : random.below(end);
  const length = isAligned ? (1 + random.below(3)) * size : random.below(3 * size);
  return { kind, offset, length: Math.min(length, end - offset) };
}

/** Calls that overlap, at a host that answers in another order: what comes of them is what comes of them one by one. */
export async function interleave(disk: CheckedDisk, random: SeededRandom): Promise<void> {
  const { device, host, model } = disk;
  await disk.heal();
  const reads: { into: Uint8Array; expected: Uint8Array; offset: number }[] = [];
  const calls: Promise<void>[] = [];
  disk.boundary.begin();
  for (let i = 0; i < 24; i++) {
    host.plan({ fault: { kind: "hang", calls: 1 + random.below(4) }, at: random.below(24) });
    const operation = drawOperation(random, model.states.length);
    if (operation.kind === "flush") continue;
    const { kind } = operation;
    const [offset, length] = random.oneIn(6) ? [0, device.sizeBytes] : [operation.offset, operation.length];
    if (kind === "read") {
      const into = markedBytes(length);
      reads.push({ into, expected: model.bytes.slice(offset, offset + length), offset });
      calls.push(device.read(offset, into));
      continue;
    }
    const content = kind === "write" ? disk.content(length) : new Uint8Array(length);
    calls.push(kind === "write" ? device.write(offset, content) : device.discard(offset, length));
    for (const sector of model.sectorsOf(offset, length)) {
      const isDropped =
        kind === "discard" && (model.covers(offset, length, sector) || model.states[sector] === "absent");
      if (isDropped) model.drop(sector);
      else model.put(sector, offset, content);
    }
  }
  let isOver = false;
  const all = Promise.allSettled(calls).then((results) => {
    isOver = true;
    return results;
  });
  for (let turn = 0; turn < 1000 && !isOver; turn++) {
    for (let i = 0; i < 100; i++) await undefined;
    await host.release();
  }
  hold("I7", isOver, "overlapping calls never end");
  const bad = (await all).find((result) => result.status === "rejected");
  hold(
    "I1",
    bad === undefined,
    `an overlapping call failed: ${bad?.status === "rejected" ? bad.reason : ""}`,
  );
  for (const { into, expected, offset } of reads) {
    hold("I1", equalBytes(into, expected), `an overlapping read at ${offset} is out of order`);
  }
  host.relent();
  const outcome = await disk.step({ kind: "read", offset: 0, length: device.sizeBytes });
  hold("I1", outcome === "done", "overlapping calls leave what they would one by one");
}

/** As `interleave`, again and again on one disk. */
export function interleaveOften(
  subject: Subject,
  shape: DiskShape,
  random: SeededRandom,
  times: number,
): Promise<void> {
  return watched(subject, async (watch) => {
    const disk = await makeDisk(subject, watch, shape);
    for (let i = 0; i < times; i++) await interleave(disk, random);
  });
}

/** A disk whose sequence ends within a few writes: what was there stays, and no number comes twice. */
export function runOut(
  subject: Subject,
  shape: DiskShape,
  random: SeededRandom,
  tally: Tally,
): Promise<void> {
  return watched(subject, async (watch) => {
    for (let left = 0; left < 60; left++) {
      const most = 2 ** 32 - 1;
      watch.anew(2n ** 64n - 1n - BigInt(left));
      const sequence = new subject.WriteSequence(most, most - left);
      const disk = await makeDisk(subject, watch, shape, sequence);
      for (let step = 0; step < 40; step++) {
        if (random.oneIn(9)) disk.host.plan({ fault: { kind: "fail", when: "before" } });
        count(tally, await disk.step(drawOperation(random, shape.sectors)));
      }
      countTrace(tally, disk);
    }
  });
}
