/** Runs that are about one thing each; like all of them they throw a `Violation`. */
import { equalBytes } from "../../src/bytes/index.ts";
import { MemoryDevice } from "../../src/device/index.ts";
import { IntegrityError, StateError } from "../../src/errors.ts";
import { markedBytes, untouched } from "../device/contract.ts";
import { hold } from "./boundary.ts";
import { CheckedDisk, type Subject } from "./checked-disk.ts";
import { count, countTrace, type Tally, watched } from "./tally.ts";

const size = 512;

/** A read of several batches whose last one is bad: what the first ones brought is not left in the buffer. */
export function longRead(subject: Subject, tally: Tally): Promise<void> {
  return watched(subject, async (watch) => {
    const sectorSize = 65_536;
    const disk = await CheckedDisk.make(subject, watch, 10, sectorSize);
    await disk.step({ kind: "write", offset: 0, length: disk.device.sizeBytes });
    await disk.host.act({ kind: "flip", offsetBytes: disk.device.sizeBytes - 1, bit: 0 });
    const outcome = await disk.step({ kind: "read", offset: 100, length: disk.device.sizeBytes - 100 });
    hold("I1", outcome === "integrity", "the last sector is not what was written");
    hold("I7", disk.boundary.crossings.length === 3, "a read of ten sectors is one of three batches");
    count(tally, outcome);
    disk.host.plan({ fault: { kind: "fail", when: "after" }, call: "write", at: 1 });
    count(tally, await disk.step({ kind: "write", offset: 9, length: disk.device.sizeBytes - 20 }));
    await disk.sweep();
    countTrace(tally, disk);
  });
}

/** A read of several batches that are under way together: the first is bad, the second waits for the host. */
export function overlappingBatches(subject: Subject, tally: Tally): Promise<void> {
  return watched(subject, async (watch) => {
    const disk = await CheckedDisk.make(subject, watch, 12, 65_536);
    const { device, host } = disk;
    await disk.step({ kind: "write", offset: 0, length: device.sizeBytes });
    await host.act({ kind: "flip", offsetBytes: 0, bit: 0 });
    host.plan({ fault: { kind: "hang" }, call: "read", at: 1 });
    disk.boundary.begin();
    const into = markedBytes(device.sizeBytes);
    const end = { error: undefined as unknown, isOver: false };
    const reading = device.read(0, into).then(
      () => {
        end.isOver = true;
      },
      (error: unknown) => {
        end.error = error;
        end.isOver = true;
      },
    );
    await idle();
    hold("I7", host.waiting === 1, "a batch is read while another one waits for the host");
    hold("I2", !end.isOver, "a call is over while a batch of it is not");
    await host.release();
    await reading;
    hold("I1", end.error instanceof IntegrityError, "a batch of several is bad");
    await idle();
    const isClean = into.every((byte) => byte === 0) || into.every((byte) => byte === untouched);
    hold("I2", isClean, "a failed read leaves bytes in the buffer");
    count(tally, await disk.step({ kind: "read", offset: 65_536, length: 11 * 65_536 }));
    countTrace(tally, disk);
  });
}

/** Lets all promises that can settle do so. */
async function idle(): Promise<void> {
  for (let i = 0; i < 300; i++) await undefined;
}

/** Callers who give up while the host lets them wait (H11). */
export function givingUp(subject: Subject, tally: Tally): Promise<void> {
  return watched(subject, async (watch) => {
    const disk = await CheckedDisk.make(subject, watch, 3);
    const { device, host } = disk;
    await disk.step({ kind: "write", offset: 0, length: 3 * size });
    for (const kind of ["read", "write", "discard", "flush"] as const) {
      const giving = new AbortController();
      const signal = giving.signal;
      const into = markedBytes(size);
      const content = disk.content(size);
      host.plan({ fault: { kind: "hang" } });
      const start = (): Promise<void> => {
        if (kind === "read") return device.read(0, into, { signal });
        if (kind === "write") return device.write(0, content, { signal });
        return kind === "discard" ? device.discard(1, 1, { signal }) : device.flush({ signal });
      };
      const end = { given: undefined as unknown };
      const call = start().catch((error: unknown) => {
        end.given = error;
      });
      await idle();
      hold("I7", host.waiting === 1 && end.given === undefined, `a ${kind} waits for the host`);
      giving.abort("enough");
      await idle();
      hold("I7", end.given === "enough", `a caller who gives up a ${kind} is answered at once`);
      const after = markedBytes(size);
      let isRead = false;
      const reading = device.read(0, after).then(() => {
        isRead = true;
      });
      await idle();
      const waits = kind === "write" || kind === "discard";
      hold(
        "I6",
        isRead === !waits,
        `a read behind a ${kind} that was given up ${waits ? "waits" : "does not wait"}`,
      );
      await host.release();
      await Promise.all([call, reading]);
      await idle();
      if (kind === "write") disk.model.put(0, 0, content);
      hold(
        "I1",
        equalBytes(after, disk.model.bytes.subarray(0, size)),
        `what a ${kind} that was given up leaves`,
      );
      const expected = kind === "read" ? 0 : 0xa5;
      hold(
        "I2",
        into.every((byte) => byte === expected),
        "an answered caller's buffer is written to",
      );
      count(tally, await disk.step({ kind: "read", offset: 0, length: 3 * size }));
    }
    countTrace(tally, disk);
  });
}

/** A read over memory, whose answer and whose caller's patience end at almost the same moment. */
export async function givingUpAtAnyMoment({ SealedDevice }: Subject): Promise<number> {
  const device = await SealedDevice.create(new MemoryDevice(4 * size), { sectorSizeBytes: size });
  await device.write(0, new Uint8Array(4 * size).fill(7));
  let refused = 0;
  for (let moment = 0; moment < 40; moment++) {
    const giving = new AbortController();
    const into = markedBytes(3 * size);
    let isRefused = false;
    const reading = device.read(0, into, { signal: giving.signal }).catch(() => {
      isRefused = true;
    });
    for (let i = 0; i < moment; i++) await undefined;
    giving.abort();
    await reading;
    await idle();
    const expected = isRefused && into[0] !== 0 ? untouched : isRefused ? 0 : 7;
    hold(
      "I2",
      into.every((byte) => byte === expected),
      "an answered caller's buffer is written to",
    );
    if (isRefused) refused += 1;
  }
  return refused;
}

/** The numbers of writes: across the word's end, to the last one, and of two devices. */
export function numbering(subject: Subject, tally: Tally): Promise<void> {
  return watched(subject, async (watch) => {
    const most = 2 ** 32 - 1;
    watch.anew();
    const across = await CheckedDisk.make(subject, watch, 3, size, new subject.WriteSequence(0, most - 4));
    for (let i = 0; i < 4; i++) await across.sweep();
    watch.anew();
    const last = await CheckedDisk.make(subject, watch, 3, size, new subject.WriteSequence(most, most - 6));
    for (let i = 0; i < 2; i++) await last.step({ kind: "write", offset: 0, length: 3 * size });
    const refused = await last.device.write(0, last.content(size)).catch((error: unknown) => error);
    hold("I4", refused instanceof StateError, "a sequence that is used up refuses to wrap");
    count(tally, await last.step({ kind: "read", offset: 0, length: 3 * size }));
    watch.anew();
    watch.instances.clear();
    const [one, other] = [
      await CheckedDisk.make(subject, watch, 2),
      await CheckedDisk.make(subject, watch, 2),
    ];
    await one.sweep();
    await other.sweep();
    hold("I4", watch.instances.size === 2, "sectors of two devices are bound to one");
    const foreign = markedBytes(size);
    await other.host.read(0, foreign);
    await one.host.write(0, foreign);
    const error = await one.device.read(0, markedBytes(size)).catch((reason: unknown) => reason);
    hold("I1", error instanceof IntegrityError, "a sector of another device is refused");
  });
}
