/** Two images of a base layer, one with another layer on top, in a folder where the command is run. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { ImageBuilder } from "../oci/image-builder.ts";
import { TarBuilder } from "../tar/tar-builder.ts";
import { type Outcome, scratchFolder } from "./child-command.ts";
import { sealstone } from "./own-command.ts";

export const base: Uint8Array = new TarBuilder()
  .add({ name: "etc/", type: "5", mode: 0o755 })
  .file("etc/release", "old\n")
  .file("etc/gone", "never seen\n")
  .add({ name: "bin", type: "2", linkName: "usr/bin" })
  .file("usr/bin/tool", "#!\n")
  .end()
  .bytes();
const top: Uint8Array = new TarBuilder()
  .file("etc/release", "new!\n")
  .file("etc/.wh.gone", "")
  .file("etc/added", "")
  .end()
  .bytes();
const builder = new ImageBuilder();
const both = builder.addImage({ layers: [{ tar: base }, { tar: top }] });
const lower = builder.addImage({ layers: [{ tar: base }] });
const named = (image: object, tag: string): object => ({
  ...image,
  annotations: { "org.opencontainers.image.ref.name": tag },
});
builder.layout(named(both, "2"), named(lower, "1"));

export interface Working {
  readonly folder: string;
  readonly run: (...args: readonly string[]) => Promise<Outcome>;
  readonly ok: (...args: readonly string[]) => Promise<string>;
}

/** A folder with the images `oci:app:1`, of the base alone, and `oci:app:2`. */
export function working(): Working {
  const folder = scratchFolder();
  mkdirSync(join(folder, "app"));
  builder.writeTo(join(folder, "app"));
  const run = (...args: readonly string[]): Promise<Outcome> => sealstone(folder, ...args);
  const ok = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return stdout;
  };
  return { folder, run, ok };
}

/** Builds both layers: the options that stand for `oci:app:2`. */
export async function layerOptions({ folder, ok }: Working): Promise<string[]> {
  const parts: string[] = [];
  for (const [name, tar] of [
    ["base", base],
    ["top", top],
  ] as const) {
    writeFileSync(join(folder, `${name}.tar`), tar);
    const { rootHash } = JSON.parse(
      await ok("layer", "build", `${name}.tar`, "-o", `${name}=1.img`, "--json"),
    );
    parts.push("--layer", `${name}=1.img=${rootHash}`);
  }
  return parts;
}
