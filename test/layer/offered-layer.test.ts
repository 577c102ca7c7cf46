/** A layer as it is offered: looked at once, opened from the same bytes. */
import { expect, test } from "vitest";
import { toHex } from "../../src/bytes/hex.ts";
import { MemoryDevice } from "../../src/device/index.ts";
import { DeviceError, FormatError, IntegrityError } from "../../src/errors.ts";
import { buildLayer, MemoryTarget, offeredLayer } from "../../src/layer/index.ts";
import { HostileDevice } from "../../src/testing/index.ts";
import { TreeFiles } from "../../src/tree/index.ts";
import { TarBuilder } from "../tar/tar-builder.ts";

async function image(): Promise<{ readonly bytes: Uint8Array; readonly rootHash: string }> {
  const target = new MemoryTarget();
  const tar = new TarBuilder().file("hello", "world").end().bytes();
  const { rootHash } = await buildLayer([tar], { target });
  return { bytes: target.bytes, rootHash: toHex(rootHash) };
}

test("an offer shows the root hash, and opens as that layer; the device stays open", async () => {
  const { bytes, rootHash } = await image();
  const device = new MemoryDevice(bytes);
  const offer = await offeredLayer(device, { label: "mine" });
  expect(toHex(offer.rootHash)).toBe(rootHash);
  const layer = await offer.open();
  expect(layer.label).toBe("mine");
  expect(await new TreeFiles(layer.tree).readFile("/hello", "utf8")).toBe("world");
  await layer.close();
  await device.read(0, new Uint8Array(1));
});

test("what was looked at is not asked for again, whatever it is by now", async () => {
  const { bytes } = await image();
  const below = new MemoryDevice(bytes.slice());
  const host = new HostileDevice(below);
  const offer = await offeredLayer(host);
  const looked = host.trace.length;
  const pinned = host.trace.map(
    ({ offsetBytes, lengthBytes }) => [offsetBytes, offsetBytes + lengthBytes] as const,
  );
  await offer.open();
  const again = host.trace
    .slice(looked)
    .filter(({ offsetBytes, lengthBytes }) =>
      pinned.some(([start, end]) => offsetBytes < end && offsetBytes + lengthBytes > start),
    );
  expect(again).toEqual([]);
});

test("a root hash that stands for something else is no layer", async () => {
  const { bytes } = await image();
  const changed = bytes.slice();
  // The tree's root block, behind ext4 and the superblock's block.
  const at = bytes.length - 512 - 4096;
  changed[at] = (changed[at] ?? 0) ^ 1;
  const offer = await offeredLayer(new MemoryDevice(changed));
  await expect(offer.open()).rejects.toThrow(IntegrityError);
});

test("what is no layer, and a device that fails, are said with the layer's name", async () => {
  const { bytes } = await image();
  await expect(offeredLayer(new MemoryDevice(8192), { label: "mine" })).rejects.toThrow(FormatError);
  const host = new HostileDevice(new MemoryDevice(bytes));
  host.plan({ fault: { kind: "fail", when: "before" } });
  const error = await offeredLayer(host, { label: "mine" }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DeviceError);
  expect((error as Error).message).toContain("layer mine");
  await expect(offeredLayer(host, { signal: AbortSignal.abort(new Error("no")) })).rejects.toThrow("no");
});
