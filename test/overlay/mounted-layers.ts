/** Small layers, built and opened under their root hashes. */
import { onTestFinished } from "vitest";
import { toHex } from "../../src/bytes/hex.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { buildLayer } from "../../src/layer/build-layer.ts";
import { MemoryTarget } from "../../src/layer/memory-target.ts";
import { type OpenedLayer, openLayer } from "../../src/layer/opened-layer.ts";
import { TarBuilder } from "../tar/tar-builder.ts";

/** A layer of a tar; stays open until the test closes it, or ends. */
export async function layerOf(tar: TarBuilder, label: string): Promise<OpenedLayer> {
  const target = new MemoryTarget();
  const { rootHash } = await buildLayer([tar.end().bytes()], { target });
  const layer = await openLayer(new MemoryDevice(target.bytes), { rootHash, label });
  onTestFinished(() => layer.close().catch(() => undefined));
  return layer;
}

/** A base and what stands on it, the base first. */
export async function twoLayers(): Promise<readonly [base: OpenedLayer, top: OpenedLayer]> {
  const base = new TarBuilder()
    .add({ name: "etc/", type: "5", mode: 0o755 })
    .file("etc/release", "old\n")
    .file("etc/gone", "never seen\n")
    .add({ name: "var/", type: "5", mode: 0o700 })
    .file("var/log", "line\n", { mode: 0o600, pax: { "SCHILY.xattr.user.a": "b" } });
  const top = new TarBuilder().file("etc/release", "new!\n").file("etc/.wh.gone", "");
  return [await layerOf(base, "base"), await layerOf(top, "top")];
}

/** As a policy lists layers. */
export function hashes(...layers: readonly OpenedLayer[]): string[] {
  return layers.map(({ rootHash }) => toHex(rootHash));
}
