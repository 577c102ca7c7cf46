/**
 * The second half of the demonstration: the layers of an image as root hashes,
 * one of them as a tree of files, and what comes of a changed byte in it.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { toHex } from "sealstone/bytes";
import {
  buildLayer,
  IntegrityError,
  MemoryDevice,
  MemoryTarget,
  openExt4,
  openLayer,
  TreeFiles,
} from "sealstone/node";
import { makeAttwImage } from "./attw-image.ts";
import type { DemoReport } from "./report.ts";

/** A file of the image's largest layer. */
const file = "/usr/lib/node_modules/@arethetypeswrong/core/package.json";

/** Builds, opens, reads and breaks. */
export async function demonstrateLayers(report: DemoReport, root: string): Promise<void> {
  const image = await report.timed("make an image from npm packages", 0, () => makeAttwImage(root));
  report.fact("image", image.digest);
  const built: BuiltImage[] = [];
  for (const layer of image.layers) {
    const target = new MemoryTarget();
    const { rootHash } = await report.timed(`layer "${layer.name}"`, layer.tar.length, () =>
      buildLayer([layer.tar], { target }),
    );
    report.fact(`rootHash of ${layer.name}`, toHex(rootHash));
    built.push({ rootHash, bytes: target.bytes });
  }
  const largest = built.sort((a, b) => b.bytes.length - a.bytes.length)[0];
  if (largest === undefined) throw new Error("an image has layers");
  const content = await showFiles(report, root, largest);
  // One bit of the file's own bytes, as a host might change it.
  const at = Buffer.from(largest.bytes.buffer, largest.bytes.byteOffset, largest.bytes.length).indexOf(
    content,
  );
  const changed = largest.bytes.slice();
  changed[at + 100] = (changed[at + 100] ?? 0) ^ 1;
  report.note(`broken: one bit of ${file}, at byte ${at + 100} of the image`);
  await showRefusal(report, { ...largest, bytes: changed });
}

interface BuiltImage {
  readonly rootHash: Uint8Array;
  readonly bytes: Uint8Array;
}

async function withFiles<Result>(
  { rootHash, bytes }: BuiltImage,
  use: (files: TreeFiles) => Promise<Result>,
): Promise<Result> {
  await using device = new MemoryDevice(bytes);
  await using layer = await openLayer(device, { rootHash });
  await using tree = await openExt4(layer.device);
  return await use(new TreeFiles(tree));
}

async function showFiles(report: DemoReport, root: string, image: BuiltImage): Promise<Uint8Array> {
  return withFiles(image, async (files) => {
    const packages = await files.readdir("/usr/lib/node_modules");
    report.note(
      `its /usr/lib/node_modules holds ${packages.slice(0, 4).join(", ")} and ${packages.length - 4} more`,
    );
    const content = await files.readFile(file);
    const installed = await readFile(join(root, file.replace("/usr/lib/", "")));
    report.check(`what is read of ${file} is what npm installed`, installed.equals(content));
    return content;
  });
}

async function showRefusal(report: DemoReport, image: BuiltImage): Promise<void> {
  await withFiles(image, async (files) => {
    const refusal = await files.readFile(file).catch((error: unknown) => error);
    report.check("the changed file is refused", refusal instanceof IntegrityError);
    if (refusal instanceof Error) report.note(refusal.message);
    const other = await files.readFile("/usr/lib/node_modules/semver/package.json");
    report.check("files beside it are still read", other.length > 0);
  });
}
