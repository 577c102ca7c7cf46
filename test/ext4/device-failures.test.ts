/**
 * The device fails at the n-th operation, for every n of a workload: the call fails with the device's
 * error, nothing else changes, no change is taken until a flush ended well, and the file system is in good
 * order then, with the content that the calls told of.
 */
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { equalBytes } from "../../src/bytes/compare.ts";
import { DeviceError, StateError } from "../../src/errors.ts";
import type { FileData } from "../../src/ext4/file-data.ts";
import { formatExt4 } from "../../src/ext4/format-ext4.ts";
import { WritableVolume } from "../../src/ext4/writable-volume.ts";
import { FileModel, readWhole } from "./data-model.ts";
import { FailingDevice } from "./failing-device.ts";
import { describeWithLoopMounts, type Image } from "./loop-mount.ts";
import { fsck, zeroFile } from "./scratch-file.ts";
import { createFile, fileData, unlinkFile } from "./volume-files.ts";

const sizeBytes = 3 * 2 ** 20;

/** A volume and what its files must hold. */
interface Subject {
  readonly volume: WritableVolume;
  readonly numbers: Map<string, number>;
  readonly models: Map<string, FileModel>;
}

/** One step: a change, and what the model is after it. */
interface Step {
  readonly file: string;
  readonly run: (subject: Subject) => Promise<void>;
  readonly model: (model: FileModel | undefined) => FileModel | undefined;
}

function pattern(seed: number, lengthBytes: number): Uint8Array {
  return Uint8Array.from({ length: lengthBytes }, (_, i) => (seed + i * 5 + (i >>> 7)) & 0xff);
}

function copyOf(model: FileModel | undefined): FileModel {
  const copy = new FileModel();
  copy.bytes = (model as FileModel).bytes.slice();
  return copy;
}

function create(file: string): Step {
  return {
    file,
    run: async ({ volume, numbers }) => {
      const inode = await volume.change({}, () => createFile(volume, file));
      numbers.set(file, inode.number);
    },
    model: () => new FileModel(),
  };
}

function onFile(file: string, run: (data: FileData) => unknown, change: (model: FileModel) => void): Step {
  return {
    file,
    run: async ({ volume, numbers }) => {
      const number = numbers.get(file) as number;
      await volume.change({}, () => run(fileData(volume, number)));
    },
    model: (before) => {
      const after = copyOf(before);
      change(after);
      return after;
    },
  };
}

function write(file: string, offset: number, bytes: Uint8Array): Step {
  return onFile(
    file,
    (data) => data.write(offset, bytes),
    (model) => model.write(offset, bytes),
  );
}

function unlink(file: string): Step {
  return {
    file,
    run: async ({ volume, numbers }) => {
      const number = numbers.get(file) as number;
      await volume.change({}, () => {
        unlinkFile(volume, number);
        volume.inodes.remove(volume.inodes.get(number));
      });
      numbers.delete(file);
    },
    model: () => undefined,
  };
}

const flush: Step = { file: "", run: ({ volume }) => volume.flush(), model: () => undefined };

const steps: readonly Step[] = [
  create("a"),
  write("a", 0, pattern(1, 300_000)),
  create("b"),
  write("b", 100, pattern(2, 5000)),
  flush,
  write("a", 4096, pattern(3, 131_072)),
  write("a", 200_000, pattern(4, 200_000)),
  write("b", 3000, pattern(5, 100)),
  onFile(
    "a",
    (data) => data.punchHole(50_000, 100_000),
    (model) => model.punch(50_000, 100_000),
  ),
  create("c"),
  onFile(
    "c",
    (data) => data.allocate(0, 400_000, false),
    (model) => model.resize(400_000),
  ),
  write("c", 65_536, pattern(6, 70_000)),
  unlink("b"),
  flush,
  create("d"),
  write("d", 0, pattern(7, 10_000)),
  onFile(
    "a",
    (data) => data.truncate(70_001),
    (model) => model.resize(70_001),
  ),
  write("a", 90_000, pattern(8, 66_000)),
  flush,
  // Nothing waits to be written when the device fails.
  write("d", 131_072, pattern(9, 131_072)),
  flush,
];

/** Every file reads as its model says. */
async function holds({ volume, numbers, models }: Subject): Promise<boolean> {
  for (const [file, model] of models) {
    if (!equalBytes(await readWhole(volume, numbers.get(file) as number), model.bytes)) return false;
  }
  return true;
}

/** Runs a step, and where it fails sees to it that nothing is lost, and does again what did not happen. */
async function runStep(
  subject: Subject,
  step: Step,
  device: FailingDevice,
  checkOrder: () => void,
): Promise<void> {
  const { volume, models } = subject;
  const put = (model: FileModel | undefined): void => {
    if (model === undefined) models.delete(step.file);
    else models.set(step.file, model);
  };
  const before = models.get(step.file);
  try {
    await step.run(subject);
    put(step.model(before));
    return;
  } catch (error) {
    expect(error).toBeInstanceOf(DeviceError);
  }
  const refused = await volume.change({}, async () => undefined).catch((reason: unknown) => reason);
  if (refused !== undefined) {
    expect(refused).toBeInstanceOf(StateError);
    expect(refused).toMatchObject({ code: "unflushed" });
  }
  device.repair();
  if (step !== flush && !(await holds(subject))) {
    // A write over what was there may have happened, but then whole.
    put(step.model(before));
    expect(await holds(subject)).toBe(true);
    await volume.flush();
    checkOrder();
    return;
  }
  await volume.flush();
  checkOrder();
  await step.run(subject);
  put(step.model(before));
}

/** What `e2fsck` says of some bytes. */
function check(image: Image, bytes: Uint8Array): string {
  writeFileSync(image.path, bytes);
  return fsck(image);
}

describeWithLoopMounts("a device that fails", () => {
  test.each([
    // In the odd ones alone it goes on failing: both are seen all along the workload.
    ["once, or from then on until it is repaired", (n: number) => n % 2 === 1],
  ])("%s", { timeout: 60_000 }, async (_, failsOn) => {
    const fresh = new Uint8Array(sizeBytes);
    await formatExt4(new FailingDevice(fresh), { uuid: pattern(1, 16), isZero: true });
    const image = zeroFile(0);
    let failures = 0;
    try {
      for (let n = 1; ; n++) {
        const bytes = fresh.slice();
        const device = new FailingDevice(bytes);
        const volume = await WritableVolume.open(device, { cacheBytes: 65_536, dirtyBytes: 65_536 });
        const subject: Subject = { volume, numbers: new Map(), models: new Map() };
        device.operations = 0;
        device.failsAt = n;
        device.failsOn = failsOn(n);
        // Whatever came before: after a flush that ended well all is in order.
        const checkOrder = (): void => expect(check(image, bytes)).toBe("");
        for (const step of steps) await runStep(subject, step, device, checkOrder);
        device.repair();
        const { operations } = device;
        expect(await holds(subject)).toBe(true);
        checkOrder();
        const reopened = await WritableVolume.open(device, {});
        expect(await holds({ ...subject, volume: reopened })).toBe(true);
        if (operations < n) break;
        failures += 1;
      }
      expect(failures).toBeGreaterThan(30);
    } finally {
      image.remove();
    }
  });
});
