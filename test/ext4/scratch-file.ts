/** Files of zeros that file systems are made in, and what `e2fsck` says of them. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileDevice } from "../../src/device/file-device.node.ts";
import type { Image } from "./loop-mount.ts";
import { run } from "./loop-mount.ts";

/** An empty file of a size, in a folder of its own. */
export function zeroFile(sizeBytes: number): Image {
  const folder = mkdtempSync(join(tmpdir(), "sealstone-scratch-"));
  const path = join(folder, "image");
  writeFileSync(path, "");
  truncateSync(path, sizeBytes);
  return { path, folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Opens an image for writing. */
export function writableDevice({ path }: Image): Promise<FileDevice> {
  return FileDevice.open(path, { writable: true });
}

/** What `e2fsck -fn` has to say; empty where all is well. */
export function fsck({ path }: Pick<Image, "path">): string {
  try {
    run("e2fsck", ["-fn", path]);
    return "";
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    return `${stdout ?? ""}${stderr ?? ""}` || String(error);
  }
}
