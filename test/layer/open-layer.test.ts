import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../src/bytes/hex.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { InvariantError, StateError, UsageError } from "../../src/errors.ts";
import { OpenedLayer, openLayer } from "../../src/layer/opened-layer.ts";
import { serializeVhdFooter } from "../../src/layer/vhd-footer.ts";
import { goldenImage, goldenLayers, imageBytes } from "./golden-images.ts";

const image = goldenImage("01-empty.layer");
const rootHash = fromHex(image.result.verity_root_hash);

describe("golden layers", () => {
  test.each(goldenLayers)("$name opens under its root hash", async (golden) => {
    const bytes = imageBytes(golden);
    const expected = fromHex(golden.result.verity_root_hash);
    await using layer = await openLayer(new MemoryDevice(bytes), { rootHash: expected });
    const { ext4_size } = golden.result;
    expect(layer.device.sizeBytes).toBe(ext4_size);
    expect(layer.identity).toEqual({
      hashType: 1,
      algorithm: "sha256",
      salt: new Uint8Array(32),
      dataBlockSize: 4096,
      hashBlockSize: 4096,
      dataBlocks: ext4_size / 4096,
      rootHash: expected,
    });
    expect(layer.trailers).toMatchObject([
      { sizeBytes: 512, footer: { uniqueId: new Uint8Array(16).fill(0x11) } },
    ]);
    const read = new Uint8Array(ext4_size);
    await layer.device.read(0, read);
    expect(Buffer.compare(read, bytes.subarray(0, ext4_size))).toBe(0);
    expect(layer.status).toBe("V");
  });

  test("without a footer", async () => {
    const bytes = imageBytes(image).slice(0, -512);
    await using layer = await openLayer(new MemoryDevice(bytes), { rootHash });
    expect(layer.trailers).toEqual([]);
  });

  test.each([false, true])("with a hash device of its own; footers: %s", async (footers) => {
    const bytes = imageBytes(image);
    const { ext4_size } = image.result;
    const ended = (part: Uint8Array) => {
      const footer = serializeVhdFooter({ sizeBytes: part.length, uniqueId: new Uint8Array(16) });
      return new MemoryDevice(Uint8Array.from([...part, ...(footers ? footer : [])]));
    };
    const data = ended(bytes.subarray(0, ext4_size));
    const hashDevice = ended(bytes.subarray(ext4_size, -512));
    await using layer = await openLayer(data, { rootHash, hashDevice });
    const read = new Uint8Array(ext4_size);
    await layer.device.read(0, read);
    expect(Buffer.compare(read, bytes.subarray(0, ext4_size))).toBe(0);
    expect(layer.trailers.map(({ footer }) => footer?.sizeBytes)).toEqual(footers ? [57344, 8192] : []);
  });
});

describe("an opened layer", () => {
  test("is told from what looks like it", async () => {
    await using layer = await openLayer(new MemoryDevice(imageBytes(image)), { rootHash });
    expect(OpenedLayer.isOne(layer)).toBe(true);
    const forged = Object.create(OpenedLayer.prototype, Object.getOwnPropertyDescriptors(layer));
    for (const other of [forged, { ...layer }, new Proxy(layer, {}), null, undefined, 1, "layer", {}]) {
      expect(OpenedLayer.isOne(other)).toBe(false);
    }
    const parts = {} as ConstructorParameters<typeof OpenedLayer>[0];
    expect(() => new OpenedLayer(parts, Symbol("opened layer"))).toThrow(InvariantError);
  });

  test("gives away nothing that could change it", async () => {
    const given = rootHash.slice();
    await using layer = await openLayer(new MemoryDevice(imageBytes(image)), { rootHash: given });
    given.fill(0);
    layer.rootHash.fill(0);
    layer.identity.salt.fill(1);
    expect(toHex(layer.rootHash)).toBe(image.result.verity_root_hash);
    expect(layer.identity.salt).toEqual(new Uint8Array(32));
    expect(() => Object.defineProperty(layer, "device", { value: undefined })).toThrow(TypeError);
  });

  test("is named by its device, or as the caller says", async () => {
    await using one = await openLayer(new MemoryDevice(imageBytes(image), { name: "a.img" }), { rootHash });
    await using other = await openLayer(new MemoryDevice(imageBytes(image)), { rootHash, label: "base" });
    expect([one.label, other.label]).toEqual(["a.img", "base"]);
  });

  test.each([false, true])("closes what is its own; closeDevices: %s", async (closeDevices) => {
    const device = new MemoryDevice(imageBytes(image));
    const layer = await openLayer(device, { rootHash, closeDevices });
    await layer.close();
    await layer.close();
    await expect(layer.device.read(0, new Uint8Array(1))).rejects.toBeInstanceOf(StateError);
    const below = device.read(0, new Uint8Array(1));
    if (closeDevices) await expect(below).rejects.toBeInstanceOf(StateError);
    else await expect(below).resolves.toBeUndefined();
  });

  test("cannot be closed while it is in use", async () => {
    const layer = await openLayer(new MemoryDevice(imageBytes(image)), { rootHash, label: "base" });
    const holds = ["web", "web", "db"].map((holder) => layer.hold(holder));
    expect(layer.holders).toEqual(["web", "web", "db"]);
    const busy = { name: "StateError", code: "busy", message: expect.stringContaining("in use by web, db") };
    for (const one of [layer, layer.tree, layer.device])
      await expect(one.close()).rejects.toMatchObject(busy);
    expect(() => layer.checkFree()).toThrow(StateError);
    await expect(layer.device.read(0, new Uint8Array(1))).resolves.toBeUndefined();
    for (const hold of holds) hold.release();
    holds[0]?.release();
    expect(layer.holders).toEqual([]);
    await layer.close();
    expect(() => layer.hold("late")).toThrow(/base is closed/);
    await expect(layer.close()).resolves.toBeUndefined();
  });

  test("leaves the devices open where it cannot be opened", async () => {
    const device = new MemoryDevice(imageBytes(image));
    const wrong = openLayer(device, { rootHash: new Uint8Array(32), closeDevices: true });
    await expect(wrong).rejects.toMatchObject({ code: "hash-block-mismatch" });
    await expect(device.read(0, new Uint8Array(1))).resolves.toBeUndefined();
  });
});

test.each([0, 31, 33])("a root hash of %d bytes is the caller's mistake", async (length) => {
  const opening = openLayer(new MemoryDevice(imageBytes(image)), { rootHash: new Uint8Array(length) });
  await expect(opening).rejects.toBeInstanceOf(UsageError);
});

test("an abort before the opening means no I/O", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  const opening = openLayer(new MemoryDevice(imageBytes(image)), { rootHash, signal });
  await expect(opening).rejects.toThrow("enough");
});
