/** `sealstone image`: what it prints, what it ends with, what it leaves. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { goldenImage, goldenLayers } from "../image/golden-image.ts";
import { digestOf, ImageBuilder, oneFileTar } from "../oci/image-builder.ts";
import { scratchFolder } from "./child-command.ts";
import { sealstone } from "./own-command.ts";

const golden = goldenLayers(100_000).slice(0, 3);

/** A folder with the golden image as `layout` and as `layout.tar`. */
function images(): string {
  const folder = scratchFolder();
  const image = goldenImage(golden);
  image.writeTo(join(folder, "layout"));
  writeFileSync(join(folder, "layout.tar"), image.toTar());
  return folder;
}

describe("roothash", () => {
  const lines = golden.map(({ tar, rootHash }) => `${digestOf(tar)}  ${rootHash}\n`).join("");

  test.each(["layout", "oci:layout", "layout.tar"])(
    "of %s prints a line a layer, base first",
    async (image) => {
      expect(await sealstone(images(), "image", "roothash", image)).toEqual({
        code: 0,
        stdout: lines,
        stderr: "",
      });
    },
  );

  test("--json has the digests, root hashes and sizes", async () => {
    const { code, stdout, stderr } = await sealstone(images(), "image", "roothash", "layout", "--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({
      image: "layout",
      platform: "linux/amd64",
      manifestDigest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      configDigest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      layers: golden.map(({ tar, rootHash, ext4SizeBytes }) => ({
        diffId: digestOf(tar),
        digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
        rootHash,
        ext4SizeBytes,
      })),
    });
  });

  test("--platform chooses, and says what there is", async () => {
    const folder = scratchFolder();
    const builder = new ImageBuilder();
    const entries = ["amd64", "arm64"].map((architecture) => ({
      ...builder.addImage({ layers: [{ tar: oneFileTar(architecture, "") }], architecture }),
      platform: { os: "linux", architecture },
    }));
    builder.layout(builder.addIndex(entries)).writeTo(join(folder, "layout"));
    for (const architecture of ["amd64", "arm64"]) {
      const { stdout } = await sealstone(
        folder,
        "image",
        "roothash",
        "layout",
        `--platform=linux/${architecture}`,
      );
      expect(stdout).toContain(digestOf(oneFileTar(architecture, "")));
    }
    const { code, stderr } = await sealstone(folder, "image", "roothash", "layout", "--platform=linux/s390x");
    expect(code).toBe(2);
    expect(stderr).toContain("there is linux/amd64, linux/arm64");
  });

  test("finds nothing on disk afterwards", async () => {
    const folder = images();
    await sealstone(folder, "image", "roothash", "layout");
    expect(readdirSync(folder).sort()).toEqual(["layout", "layout.tar"]);
  });
});

describe("build", () => {
  test("writes images that `layer verify` takes, and nothing else", async () => {
    const folder = images();
    const { code, stdout, stderr } = await sealstone(
      folder,
      "image",
      "build",
      "layout",
      "-o",
      "out",
      "--json",
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { layers } = JSON.parse(stdout) as { layers: { file: string; rootHash: string }[] };
    expect(layers.map(({ rootHash }) => rootHash)).toEqual(golden.map(({ rootHash }) => rootHash));
    for (const { file, rootHash } of layers) {
      const verified = await sealstone(folder, "layer", "verify", join("out", file), "--root-hash", rootHash);
      expect(verified).toMatchObject({ code: 0, stderr: "" });
    }
    expect(readdirSync(folder).sort()).toEqual(["layout", "layout.tar", "out"]);
  });

  test("takes layers from a cache, and warns of a damaged one", async () => {
    const folder = images();
    const build = (out: string) =>
      sealstone(folder, "image", "build", "layout", "-o", out, "--cache", "cache");
    const first = await build("a");
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(await build("b")).toMatchObject({ code: 0, stderr: "" });
    const read = (name: string): string => readFileSync(join(folder, name, "image.json"), "utf8");
    expect(read("b")).toBe(read("a"));
    const [entry = ""] = readdirSync(join(folder, "cache"));
    writeFileSync(join(folder, "cache", entry, "layer.img"), "");
    const { code, stderr } = await build("c");
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining("built anew") });
  });

  test("--uuid makes the same bytes each time", async () => {
    const folder = images();
    for (const out of ["a", "b"]) {
      const { code } = await sealstone(
        folder,
        "image",
        "build",
        "layout",
        "-o",
        out,
        `--uuid=${"11".repeat(16)}`,
      );
      expect(code).toBe(0);
    }
    const [a, b] = ["a", "b"].map((name) => readFileSync(join(folder, name, "image.json"), "utf8"));
    expect(a).toBe(b);
    expect(JSON.parse(a ?? "").layers.map((layer: { imageSha256: string }) => layer.imageSha256)).toEqual(
      golden.map(({ imageSha256 }) => imageSha256),
    );
  });

  test("that fails leaves nothing", async () => {
    const folder = scratchFolder();
    const builder = new ImageBuilder();
    const layers = [
      { tar: oneFileTar("a", "") },
      { tar: oneFileTar("b", ""), diffId: digestOf(new Uint8Array()) },
    ];
    builder.layout(builder.addImage({ layers })).writeTo(join(folder, "layout"));
    const { code, stdout, stderr } = await sealstone(folder, "image", "build", "layout", "-o", "out");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^layer 1 \(sha256:[0-9a-f]{64}\): .* is sha256:[0-9a-f]{64}, not sha256:/);
    expect(readdirSync(folder)).toEqual(["layout"]);
  });
});

describe("what is refused, and with which code", () => {
  test.each<[string, string[], number, string]>([
    ["no image", ["roothash"], 2, "image"],
    ["two images", ["roothash", "a", "b"], 2, ""],
    ["no action", ["frobnicate"], 2, ""],
    ["a name without a host", ["roothash", "debian"], 2, "write its host out"],
    ["standard input", ["roothash", "-"], 2, "save it to a file"],
    ["a platform that is none", ["roothash", "layout", "--platform=amd64"], 2, "no platform"],
    ["a tag that is not there", ["roothash", "oci:layout:no"], 2, "no image"],
    ["a path that is not there", ["roothash", "./nothing"], 1, "does not exist"],
    ["a tar that is no image", ["roothash", "layer.tar"], 1, "no image"],
    ["a build to nowhere", ["build", "layout"], 2, "-o <dir>"],
    ["a build to a folder that is there", ["build", "layout", "-o", "layout"], 2, "there already"],
    ["a UUID that is none", ["build", "layout", "-o", "out", "--uuid=1"], 2, "32 hex digits"],
    [
      "a UUID with a cache",
      ["build", "layout", "-o", "out", `--uuid=${"1".repeat(32)}`, "--cache=c"],
      2,
      "do not go together",
    ],
  ])("%s", async (_, args, code, message) => {
    const folder = images();
    writeFileSync(join(folder, "layer.tar"), oneFileTar("a", "b"));
    const outcome = await sealstone(folder, "image", ...args);
    expect({ code: outcome.code, stdout: outcome.stdout }).toEqual({ code, stdout: "" });
    expect(outcome.stderr).toContain(message);
    expect(outcome.stderr).not.toContain("internal error");
  });

  test("a registry that nobody runs, asked five times", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    let ended = false;
    const running = sealstone(scratchFolder(), "image", "roothash", "127.0.0.1:1/app").finally(() => {
      ended = true;
    });
    while (!ended) {
      await delay(5);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(await running).toEqual({ code: 1, stdout: "", stderr: expect.stringContaining("gave no answer") });
  });

  test("--help of each says what an image is", async () => {
    for (const action of ["roothash", "build"]) {
      const { code, stdout } = await sealstone(scratchFolder(), "image", action, "--help");
      expect(code).toBe(0);
      for (const text of ["docker-archive:FILE", "--platform", "Examples:"]) expect(stdout).toContain(text);
      expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
    }
  });
});
