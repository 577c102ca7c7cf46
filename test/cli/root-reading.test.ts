/** `sealstone ls`, `cat`, `stat`, `tree` and `cp` over merged layers. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { digestOf } from "../oci/image-builder.ts";
import { layerOptions, working } from "./root-images.ts";

describe("merged layers of an image", () => {
  test("ls shows what upper layers left of lower ones", async () => {
    const { ok } = working();
    expect(await ok("ls", "oci:app:2", "etc")).toBe("added\nrelease\n");
    expect(await ok("ls", "oci:app:1", "/etc")).toBe("gone\nrelease\n");
    expect(
      JSON.parse(await ok("ls", "oci:app:2", "--json", "-R"))
        .map(({ path }: { path: string }) => path)
        .sort(),
    ).toEqual(["bin", "etc", "etc/added", "etc/release", "lost+found", "usr", "usr/bin", "usr/bin/tool"]);
    expect(await ok("ls", "oci:app:2", "-l", "bin")).toMatch(/^lrwxrwxrwx .* bin -> usr\/bin\n$/);
  });

  test("cat and stat follow links across layers", async () => {
    const { ok } = working();
    expect(await ok("cat", "oci:app:2", "etc/release", "bin/tool")).toBe("new!\n#!\n");
    expect(await ok("stat", "oci:app:2", "bin/tool")).toContain("  size      3 ");
    expect(await ok("stat", "oci:app:2")).toContain("/: directory");
  });

  test("tree draws them", async () => {
    const { ok } = working();
    expect(await ok("tree", "oci:app:2")).toBe(
      [
        "/",
        "├── bin -> usr/bin",
        "├── etc/",
        "│   ├── added",
        "│   └── release",
        "├── lost+found/",
        "└── usr/",
        "    └── bin/",
        "        └── tool",
        "",
        "5 directories, 4 other files",
        "",
      ].join("\n"),
    );
    expect(await ok("tree", "oci:app:2", "usr", "--depth", "1")).toBe(
      "usr/\n└── bin/\n\n2 directories, 0 other files\n",
    );
    const json = JSON.parse(await ok("tree", "oci:app:2", "usr", "--json"));
    expect(json).toMatchObject({
      name: "usr",
      children: [{ name: "bin", children: [{ name: "tool", sizeBytes: 3 }] }],
    });
    expect(JSON.parse(await ok("tree", "oci:app:2", "usr", "--json", "--depth", "0"))).not.toHaveProperty(
      "children",
    );
  });

  test("cp takes them out, into a folder or under a name", async () => {
    const { folder, ok } = working();
    mkdirSync(join(folder, "there"));
    await ok("cp", "oci:app:2", "etc", "there");
    expect(readdirSync(join(folder, "there/etc")).sort()).toEqual(["added", "release"]);
    await ok("cp", "oci:app:2", "bin/tool", "mine");
    expect(readFileSync(join(folder, "mine"), "utf8")).toBe("#!\n");
    await ok("cp", "oci:app:2", "/", "root.tar");
    expect(readFileSync(join(folder, "root.tar")).includes("added")).toBe(true);
  });

  test("cp replaces nothing", async () => {
    const { folder, run } = working();
    writeFileSync(join(folder, "mine"), "");
    const { code, stderr } = await run("cp", "oci:app:2", "etc", "mine");
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("mine is there already") });
  });
});

describe("layers one by one", () => {
  test("are merged, base first", async () => {
    const where = working();
    const parts = await layerOptions(where);
    expect(await where.ok("ls", ...parts, "etc")).toBe("added\nrelease\n");
    expect((await where.run("diff", ...parts, "oci:app:2")).stdout).toBe("");
    const [, first = "", , second = ""] = parts;
    expect(await where.ok("cat", "--layer", second, "--layer", first, "etc/release")).toBe("old\n");
  });

  test("that are not what their root hash says are refused", async () => {
    const where = working();
    const [, first = ""] = await layerOptions(where);
    const wrong = `${first.slice(0, -64)}${"0".repeat(64)}`;
    const { code, stderr } = await where.run("ls", "--layer", wrong);
    expect(code).toBe(1);
    expect(stderr).toContain("root hash");
  });
});

describe("what is refused", () => {
  test.each<readonly [string, readonly string[], number, string]>([
    ["no image", ["ls"], 2, "name an image"],
    [
      "an image that nothing pins",
      ["ls", "registry.example/team/app:1"],
      2,
      "pin it, as registry.example/team/app:1@sha256:…",
    ],
    ["another digest", ["ls", "oci:app:2", "--digest", digestOf(new Uint8Array())], 1, "it is another image"],
    ["a digest that is none", ["ls", "oci:app:2", "--digest", "latest"], 2, "a digest is"],
    [
      "a layer without a root hash",
      ["ls", "--layer", "base.img"],
      2,
      "--layer is a layer image, =, and its root hash",
    ],
    ["one image to compare", ["diff", "oci:app:2"], 2, "name two images"],
    ["nowhere to copy to", ["cp", "oci:app:2", "etc"], 2, "where it goes"],
    ["nothing to write", ["cat", "oci:app:2"], 2, "name the files"],
    ["what is not there", ["cat", "oci:app:2", "etc/gone"], 1, "ENOENT"],
    ["an operand too many", ["ls", "--layer", `a=${"0".repeat(64)}`, "a", "b"], 2, "too many operands"],
    ["a depth that is none", ["tree", "oci:app:2", "--depth", "-1"], 2, "a depth is"],
  ])("%s", async (_, args, code, words) => {
    const { run } = working();
    const outcome = await run(...args);
    expect({ code: outcome.code, stdout: outcome.stdout }).toEqual({ code, stdout: "" });
    expect(outcome.stderr).toContain(words);
    expect(outcome.stderr).not.toContain("internal error");
  });

  test("says whose help to look at", async () => {
    const { run } = working();
    expect((await run("ls", "--bogus")).stderr).toContain("sealstone ls --help");
    expect((await run("ls", "--help")).stdout).toContain("Examples:");
  });
});
