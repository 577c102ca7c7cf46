/** The assembler: what it lets through, what it refuses, and in which order all of it is closed. */
import { describe, expect, test } from "vitest";
import { createSectorCipher } from "../../src/crypto/create-sector-cipher.ts";
import type { SectorCipherOptions } from "../../src/crypto/sector-cipher.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { PolicyError, StateError, UsageError } from "../../src/errors.ts";
import type { OpenedLayer } from "../../src/layer/opened-layer.ts";
import { type MountOverlayOptions, mountOverlay } from "../../src/overlay/mount-overlay.ts";
import { mountScratch, ScratchDisk, type ScratchDiskOptions } from "../../src/overlay/scratch-disk.ts";
import { hashes, twoLayers } from "./mounted-layers.ts";

const diskBytes = 4 * 1024 * 1024;

interface Disk {
  readonly disk: ScratchDisk;
  /** How many of the ciphers that held a key are closed, which wipes it. */
  readonly wiped: () => number;
  readonly below: MemoryDevice;
}

async function scratch(options: ScratchDiskOptions = {}): Promise<Disk> {
  let wiped = 0;
  const createCipher = async (of: SectorCipherOptions) => {
    const cipher = await createSectorCipher(of);
    const close = cipher.close.bind(cipher);
    cipher.close = () => {
      wiped += 1;
      close();
    };
    return cipher;
  };
  const below = new MemoryDevice(diskBytes);
  return { disk: await mountScratch(below, { createCipher, ...options }), wiped: () => wiped, below };
}

async function refusal(options: MountOverlayOptions): Promise<PolicyError> {
  try {
    await mountOverlay(options);
  } catch (error) {
    if (error instanceof PolicyError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("what the policy lists", () => {
  test("is mounted, the top first, and written to scratch alone", async () => {
    const [base, top] = await twoLayers();
    const { disk, below } = await scratch();
    const decision = { container: "web", layers: [hashes(base), hashes(base, top)] };
    await using root = await mountOverlay({ decision, lowerLayers: [top, base], scratch: disk });
    expect(await root.readFile("/etc/release", "utf8")).toBe("new!\n");
    await expect(root.stat("/etc/gone")).rejects.toMatchObject({ code: "ENOENT" });
    await root.writeFile("/etc/release", "canary-canary-canary");
    await root.tree.flush();
    expect(await root.readFile("/etc/release", "utf8")).toBe("canary-canary-canary");
    const stored = new Uint8Array(diskBytes);
    await below.read(0, stored);
    expect(Buffer.from(stored.buffer).includes("canary")).toBe(false);
    expect({ container: root.container, isReadOnly: root.isReadOnly }).toEqual({
      container: "web",
      isReadOnly: false,
    });
    await disk.close();
  });

  test("is read-only without scratch", async () => {
    const [base, top] = await twoLayers();
    const decision = { container: "web", layers: [hashes(base, top)] };
    await using root = await mountOverlay({ decision, lowerLayers: [top, base] });
    expect(root.isReadOnly).toBe(true);
    await expect(root.writeFile("/new", "")).rejects.toMatchObject({ code: "EROFS" });
    await expect(root.access("/etc/release", 2)).rejects.toMatchObject({ code: "EROFS" });
    for await (const change of root.changes()) expect(change).toBeUndefined();
    expect(await root.readdir("/etc")).toEqual(["release"]);
  });
});

describe("what it does not list", () => {
  test("in another order, which is named by place and root hashes", async () => {
    const [base, top] = await twoLayers();
    const { disk } = await scratch();
    const decision = { container: "web", layers: [hashes(base, top)] };
    const { message, at } = await refusal({ decision, lowerLayers: [base, top], scratch: disk });
    for (const words of ["container web", "layer 0", ...hashes(base, top), "upside down"])
      expect(message).toContain(words);
    expect(at).toEqual({ layer: "0" });
    expect([base.holders, top.holders, disk.users]).toEqual([[], [], []]);
    await disk.close();
  });

  test("what only looks like a verified layer", async () => {
    const [base, top] = await twoLayers();
    const decision = { container: "web", layers: [hashes(base, top)] };
    const forged: OpenedLayer[] = [
      Object.create(Object.getPrototypeOf(top), Object.getOwnPropertyDescriptors(top)),
      {
        ...top,
        rootHash: top.rootHash,
        tree: top.tree,
        hold: () => ({ release() {} }),
        holders: [],
      } as never,
      new Proxy(top, {}),
      undefined as never,
    ];
    for (const layer of forged) {
      const { message, reasons } = await refusal({ decision, lowerLayers: [layer, base] });
      expect(message).toContain(`layer 1 of container web is no verified layer`);
      expect(message).toContain(hashes(top)[0]);
      expect(reasons).toHaveLength(1);
    }
  });

  test("a scratch that nobody sealed", async () => {
    const [base] = await twoLayers();
    const { disk } = await scratch();
    const decision = { container: "web", layers: [hashes(base)] };
    const forged = [Object.create(disk), new Proxy(disk, {}), { take: disk.take }] as ScratchDisk[];
    for (const other of forged) {
      const { message } = await refusal({ decision, lowerLayers: [base], scratch: other });
      expect(message).toContain("not on a sealed disk");
      expect(ScratchDisk.isOne(other)).toBe(false);
    }
    expect(() => new ScratchDisk({} as never, Symbol("scratch disk"))).toThrow(/mountScratch/);
    await disk.close();
  });

  test("a container that is there already", async () => {
    const [base, top] = await twoLayers();
    const web = { container: "web", layers: [hashes(base)] };
    await using first = await mountOverlay({ decision: web, lowerLayers: [base] });
    const { reasons } = await refusal({ decision: web, lowerLayers: [base] });
    expect(reasons).toEqual([`container ${first.container} has been mounted already`]);
    const db = { container: "db", layers: [hashes(base, top)] };
    await using second = await mountOverlay({ decision: db, lowerLayers: [top, base] });
    expect([base.holders, second.container]).toEqual([["web", "db"], "db"]);
  });

  test.each(["", ".", "..", "a/b", "a\0b", "-a", "a".repeat(129), 7])(
    "an id such as %j",
    async (container) => {
      const [base] = await twoLayers();
      const decision = { container: container as string, layers: [hashes(base)] };
      await expect(mountOverlay({ decision, lowerLayers: [base] })).rejects.toBeInstanceOf(UsageError);
    },
  );
});

describe("a mounting that fails half-way", () => {
  test("lets go of all layers where one is closed", async () => {
    const [base, top] = await twoLayers();
    const decision = { container: "web", layers: [hashes(base, top)] };
    await base.close();
    const mounting = mountOverlay({ decision, lowerLayers: [top, base] });
    await expect(mounting).rejects.toMatchObject({ name: "StateError", code: "closed" });
    expect(top.holders).toEqual([]);
  });

  test("lets go where the scratch is another's by that name, or closed", async () => {
    const [base] = await twoLayers();
    const { disk } = await scratch();
    const decision = { container: "web", layers: [hashes(base)] };
    const space = await disk.take("web");
    const mounting = mountOverlay({ decision, lowerLayers: [base], scratch: disk });
    await expect(mounting).rejects.toMatchObject({ name: "StateError", code: "busy" });
    await space.release();
    const again = mountOverlay({ decision, lowerLayers: [base], scratch: disk });
    await expect(again).rejects.toThrow(/was on .* before, and its files still are/);
    await disk.remove("web");
    await (await mountOverlay({ decision, lowerLayers: [base], scratch: disk })).close();
    await disk.close();
    const late = mountOverlay({ decision, lowerLayers: [base], scratch: disk });
    await expect(late).rejects.toMatchObject({ name: "StateError", code: "closed" });
    expect(base.holders).toEqual([]);
  });

  test("leaves no directory on the scratch", async () => {
    const [base] = await twoLayers();
    const { disk } = await scratch();
    const decision = { container: "web", layers: [hashes(base)] };
    const keptNames = -1;
    const mounting = mountOverlay({ decision, lowerLayers: [base], scratch: disk, keptNames });
    await expect(mounting).rejects.toBeInstanceOf(UsageError);
    expect([base.holders, disk.users]).toEqual([[], []]);
    await using root = await mountOverlay({ decision, lowerLayers: [base], scratch: disk });
    expect(root.isReadOnly).toBe(false);
    await disk.close();
  });

  test("ends with an abort", async () => {
    const [base] = await twoLayers();
    const { disk } = await scratch();
    const decision = { container: "web", layers: [hashes(base)] };
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(mountOverlay({ decision, lowerLayers: [base], scratch: disk, signal })).rejects.toThrow(
      "enough",
    );
    const stop = new AbortController();
    const later = mountOverlay({ decision, lowerLayers: [base], scratch: disk, signal: stop.signal });
    stop.abort(new Error("now"));
    await expect(later).rejects.toThrow("now");
    expect([base.holders, disk.users]).toEqual([[], []]);
    await disk.close();
  });
});

describe("closing", () => {
  test("layers and scratch cannot be closed under a container; who it is is said", async () => {
    const [base, top] = await twoLayers();
    const decision = { container: "web", layers: [hashes(base, top)] };
    const root = await mountOverlay({ decision, lowerLayers: [top, base] });
    for (const layer of [base, top]) {
      await expect(layer.close()).rejects.toMatchObject({
        code: "busy",
        message: expect.stringContaining("web"),
      });
    }
    expect(await root.readFile("/etc/release", "utf8")).toBe("new!\n");
    await root.close();
    await root.close();
    await expect(root.readFile("/etc/release")).rejects.toBeInstanceOf(StateError);
    await top.close();
    await base.close();
  });

  test("the key is wiped when the last who uses the disk lets go, whoever that is", async () => {
    const [base] = await twoLayers();
    const mount = (disk: ScratchDisk, container: string) =>
      mountOverlay({ decision: { container, layers: [hashes(base)] }, lowerLayers: [base], scratch: disk });
    const ownerLast = await scratch();
    const one = await mount(ownerLast.disk, "one");
    await one.close();
    expect(ownerLast.wiped()).toBe(0);
    await ownerLast.disk.close();
    expect(ownerLast.wiped()).toBe(1);
    const ownerFirst = await scratch({ closeDevice: true });
    const [a, b] = [await mount(ownerFirst.disk, "a"), await mount(ownerFirst.disk, "b")];
    await ownerFirst.disk.close();
    await a.close();
    await b.writeFile("/still", "here");
    expect([ownerFirst.wiped(), ownerFirst.disk.users]).toEqual([0, ["b"]]);
    await b.close();
    expect(ownerFirst.wiped()).toBe(1);
    await expect(ownerFirst.below.read(0, new Uint8Array(1))).rejects.toMatchObject({ code: "closed" });
  });

  test("closes what it owns last, and in order", async () => {
    const [base] = await twoLayers();
    const closed: string[] = [];
    const owned = (name: string) => ({
      close: async () => {
        closed.push(`${name} ${base.holders.length}`);
        if (name === "first") throw new Error("the first failed");
      },
    });
    const decision = { container: "web", layers: [hashes(base)] };
    const root = await mountOverlay({
      decision,
      lowerLayers: [base],
      owns: [owned("first"), owned("second")],
    });
    await expect(root.close()).rejects.toThrow("the first failed");
    expect(closed).toEqual(["first 0", "second 0"]);
  });
});

test("containers of a group share a disk and nothing on it", async () => {
  const [base, top] = await twoLayers();
  const { disk } = await scratch();
  const web = { container: "web", layers: [hashes(base)] };
  const db = { container: "db", layers: [hashes(base, top)] };
  await using a = await mountOverlay({ decision: web, lowerLayers: [base], scratch: disk });
  await using b = await mountOverlay({ decision: db, lowerLayers: [top, base], scratch: disk });
  await Promise.all([a.writeFile("/mine", "a"), b.writeFile("/mine", "b")]);
  expect([await a.readFile("/mine", "utf8"), await b.readFile("/mine", "utf8")]).toEqual(["a", "b"]);
  await a.rm("/etc", { recursive: true });
  expect(await b.readdir("/etc")).toEqual(["release"]);
  expect(disk.users).toEqual(["web", "db"]);
  expect(disk.stats().touchedSectors).toBeGreaterThan(0);
  await disk.close();
});
