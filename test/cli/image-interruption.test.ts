/** A signal ends work over an image: with 130, soon, and with nothing left. */
import { once } from "node:events";
import { readdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { digestOf, documentBytes, ImageBuilder, ociLayer, oneFileTar } from "../oci/image-builder.ts";
import { makeHeader } from "../tar/tar-builder.ts";
import { scratchFolder, startSealstone } from "./child-command.ts";

/** More than can be made into a layer while the test lasts; the file is a hole. */
const endlessBytes = 2 ** 36;

/** A layout whose second layer holds a file without an end, as far as the test is concerned. */
function endlessImage(folder: string): void {
  const builder = new ImageBuilder();
  const small = oneFileTar("a", "b");
  const header = makeHeader({ name: "endless", size: endlessBytes });
  const blob = builder.add(header, ociLayer);
  const size = 512 + endlessBytes;
  const layers = [builder.addLayer({ tar: small }), { ...blob, size }];
  const rootfs = { type: "layers", diff_ids: [digestOf(small), digestOf(documentBytes("another"))] };
  builder.layout(builder.addImage({ layers: [], manifest: { layers }, configuration: { rootfs } }));
  builder.writeTo(folder);
  truncateSync(join(folder, "blobs", blob.digest.replace(":", "/")), size);
}

test.each([
  ["build", ["image", "build", "layout", "-o", "out", "--cache", "cache"]],
  ["roothash", ["image", "roothash", "layout", "--threads=1"]],
])("%s stopped by SIGINT", async (action, args) => {
  const folder = scratchFolder();
  endlessImage(join(folder, "layout"));
  const child = startSealstone(folder, ...args);
  let stderr = "";
  child.stderr?.on("data", (bytes) => {
    stderr += String(bytes);
  });
  const ended = once(child, "exit");
  const underWay = (): boolean =>
    action === "roothash" ||
    readdirSync(folder, { recursive: true, encoding: "utf8" }).some(
      (path) =>
        path.startsWith(".out.") && path.endsWith(".tmp") && statSync(join(folder, path)).size > 2 ** 20,
    );
  while (!underWay()) await delay(20);
  await delay(1000);
  child.kill("SIGINT");
  const [code] = await ended;
  expect({ code, stderr }).toEqual({ code: 130, stderr: "Stopped.\n" });
  expect(readdirSync(folder).filter((name) => name !== "cache")).toEqual(["layout"]);
  if (action === "build")
    expect(readdirSync(join(folder, "cache")).filter((name) => name.startsWith("tmp-"))).toEqual([]);
  writeFileSync(join(folder, "after"), "");
  await delay(300);
  expect(
    readdirSync(folder)
      .filter((name) => name !== "cache")
      .sort(),
  ).toEqual(["after", "layout"]);
});
