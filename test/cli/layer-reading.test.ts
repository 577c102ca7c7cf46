/** `sealstone layer ls`, `cat` and `stat`. */
import { describe, expect, test } from "vitest";
import { layerFolder } from "../layer/golden-layer-file.ts";
import { scratchFolder } from "./child-command.ts";
import { sealstone } from "./own-command.ts";

describe("ls", () => {
  test("a directory's names, sorted; a file alone; all below", async () => {
    const { run } = layerFolder("deb-base-files.layer");
    const root = await run("ls");
    expect({ code: root.code, stderr: root.stderr }).toEqual({ code: 0, stderr: "" });
    const names = root.stdout.trim().split("\n");
    expect(names).toEqual([...names].sort());
    expect(names).toContain("etc");
    expect((await run("ls", "etc/debian_version")).stdout).toBe("etc/debian_version\n");
    expect((await run("ls", "-R", "/usr/share")).stdout.split("\n")).toContain("base-files/motd");
  });

  test("in long form: mode, owner, size, time, target", async () => {
    const { run } = layerFolder("deb-base-files.layer");
    const lines = (await run("ls", "/etc", "-l")).stdout.split("\n");
    expect(lines.find((line) => line.includes("os-release"))).toMatch(
      /^lrwxrwxrwx +1 +0 +0 +21 2026-07-02 19:05:00\.000000000Z os-release -> \.\.\/usr\/lib\/os-release$/,
    );
    expect((await run("ls", "-l")).stdout).toMatch(/^drwxrwxrwt .* tmp$/m);
  });

  test("--json is one array", async () => {
    const { run } = layerFolder("11-devices.layer");
    const entries = JSON.parse((await run("ls", "-R", "--json")).stdout);
    expect(entries.map((entry: { type: string }) => entry.type)).toContain("characterDevice");
    expect(JSON.parse((await run("ls", "lost+found", "--json")).stdout)).toEqual([]);
  });

  test("whiteouts are what overlayfs makes of them", async () => {
    const { run } = layerFolder("12-whiteouts.layer");
    expect((await run("ls", "-Rl")).stdout).toMatch(/^c--------- +1 +0 +0 +0, 0 /m);
  });

  test("names that would move the cursor are escaped, and whole in JSON", async () => {
    const { run } = layerFolder("08-names.layer");
    const { stdout } = await run("ls", "-R");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);
    const names = JSON.parse((await run("ls", "-R", "--json")).stdout).length;
    expect(stdout.trim().split("\n")).toHaveLength(names);
  });
});

describe("cat", () => {
  test("files byte for byte, one behind the other, through symlinks", async () => {
    const { run } = layerFolder("deb-base-files.layer");
    const { code, stdout } = await run("cat", "etc/debian_version", "/etc/os-release");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^12\.15\nPRETTY_NAME="Debian GNU\/Linux 12 \(bookworm\)"\n/);
  });

  test("--json is base64", async () => {
    const { run } = layerFolder("deb-base-files.layer");
    const outcome = await run("cat", "etc/debian_version", "--json");
    expect(JSON.parse(outcome.stdout)).toEqual([
      { path: "etc/debian_version", base64: Buffer.from("12.15\n").toString("base64") },
    ]);
  });

  test("a corrupt block ends it, with what was verified before", async () => {
    // The file of 1 MiB in the archive of sizes begins somewhere in these blocks; all of them are spoilt.
    const spoil = (bytes: Uint8Array) => bytes.fill(0xee, 200 * 4096, 201 * 4096);
    const { run } = layerFolder("04-sizes.layer", spoil);
    const listed = JSON.parse((await run("ls", "-R", "--json")).stdout) as {
      path: string;
      sizeBytes: number;
    }[];
    const large = listed.reduce((a, b) => (b.sizeBytes > a.sizeBytes ? b : a));
    const { code, stderr } = await run("cat", large.path);
    expect(code).toBe(1);
    expect(stderr).toContain("data block 200");
  });

  test("what is no file", async () => {
    const { run } = layerFolder("deb-base-files.layer");
    expect(await run("cat", "etc")).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("EISDIR"),
    });
    expect(await run("cat", "nope")).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("ENOENT"),
    });
    expect((await run("cat", "../../etc/../nope")).code).toBe(1);
  });
});

describe("stat", () => {
  test("says everything, xattrs too", async () => {
    const { run } = layerFolder("14-xattrs.layer");
    const entries = JSON.parse((await run("ls", "-R", "--json")).stdout) as { path: string }[];
    const paths = entries.map(({ path }) => path);
    const all = JSON.parse((await run("stat", "--json", ...paths)).stdout) as {
      xattrs: { name: string; valueHex: string }[];
    }[];
    expect(all).toHaveLength(paths.length);
    const names = all.flatMap(({ xattrs }) => xattrs.map(({ name }) => name));
    expect(names.some((name) => name.startsWith("user."))).toBe(true);
    const text = (await run("stat", ...paths)).stdout;
    for (const name of new Set(names)) expect(text).toContain(`xattr     ${name} = `);
  });

  test("times to the nanosecond, in years to come as well", async () => {
    const { run } = layerFolder("17-times.layer");
    const entries = JSON.parse((await run("ls", "-R", "--json")).stdout) as {
      path: string;
      modifiedAt: string;
    }[];
    expect(entries.some(({ modifiedAt }) => !modifiedAt.endsWith(".000000000"))).toBe(true);
    const { code, stdout } = await run("stat", ...entries.map(({ path }) => path));
    expect(code).toBe(0);
    for (const { modifiedAt } of entries) expect(stdout).toContain(`(${modifiedAt})`);
  });

  test("a symlink itself, a device's numbers", async () => {
    const { run } = layerFolder("deb-base-files.layer");
    const [link] = JSON.parse((await run("stat", "etc/os-release", "--json")).stdout);
    expect(link).toMatchObject({ type: "symlink", target: "../usr/lib/os-release", mode: "0777" });
    const devices = layerFolder("11-devices.layer");
    const entries = JSON.parse((await devices.run("ls", "-R", "--json")).stdout) as {
      path: string;
      type: string;
    }[];
    const device = entries.find(({ type }) => type === "blockDevice")?.path ?? "";
    expect((await devices.run("stat", device)).stdout).toMatch(/^ {2}device {4}\d+:\d+$/m);
  });
});

describe.each(["ls", "cat", "stat", "extract"])("%s", (action) => {
  const more = action === "extract" ? ["-o", "out"] : action === "ls" ? [] : ["etc"];
  test("needs a root hash", async () => {
    const { folder } = layerFolder("01-empty.layer");
    expect(await sealstone(folder, "layer", action, "layer.img", ...more)).toMatchObject({
      code: 2,
      stdout: "",
    });
  });

  test("refuses another layer", async () => {
    const { folder } = layerFolder("01-empty.layer");
    const args = ["layer", action, "layer.img", ...more, "--root-hash", "0".repeat(64)];
    const outcome = await sealstone(folder, ...args);
    expect(outcome).toMatchObject({ code: 1, stdout: "" });
    expect(outcome.stderr).toContain("layer layer.img: the image has root hash 8b4842f0");
  });

  test("has help with examples", async () => {
    const { code, stdout } = await sealstone(scratchFolder(), "layer", action, "--help");
    expect(code).toBe(0);
    expect(stdout).toContain("Examples:");
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  });
});
