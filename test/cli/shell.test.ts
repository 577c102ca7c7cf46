/** `sealstone shell` without a terminal: the lines of standard input. */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ImageBuilder, oneFileTar } from "../oci/image-builder.ts";
import { type Outcome, scratchFolder, sealstoneLine } from "./child-command.ts";

/** Runs a script over an image of one file. */
function shell(script: string, ...args: readonly string[]): Outcome {
  const folder = scratchFolder();
  const builder = new ImageBuilder();
  builder.layout(builder.addImage({ layers: [{ tar: oneFileTar("motd", "hello\n") }] }));
  mkdirSync(join(folder, "image"));
  builder.writeTo(join(folder, "image"));
  const line = sealstoneLine("shell", "image", "--threads", "1", ...args);
  const { status, stdout, stderr } = spawnSync("sh", ["-c", line], {
    cwd: folder,
    input: script,
    encoding: "utf8",
  });
  return { code: status, stdout, stderr };
}

test("carries out the lines of a script", () => {
  const script = "# what is there\ncat motd\n\nmkdir etc\nmv motd etc\nls etc\ndiff\n";
  expect(shell(script)).toEqual({
    code: 0,
    stdout: "hello\nmotd\n+ /etc/\n+ /etc/motd\n- /motd\n",
    stderr: "",
  });
});

test("ends with the first line that fails, and says which", () => {
  const { code, stdout, stderr } = shell("pwd\nrm nothing\npwd\n");
  expect({ code, stdout }).toEqual({ code: 1, stdout: "/\n" });
  expect(stderr).toContain("line 2: ENOENT: no such file or directory");
});

test("ends with exit, and where the lines do", () => {
  expect(shell("pwd\nexit\nfrobnicate\n")).toEqual({ code: 0, stdout: "/\n", stderr: "" });
  expect(shell("help ls\nls", "--scratch-size", "1MiB")).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^ls \[-l\] .*list folders\nlost\+found\nmotd\n$/),
  });
});

test("misuse", () => {
  expect(shell("", "etc")).toMatchObject({ code: 2, stderr: expect.stringContaining("too many arguments") });
  expect(shell("", "--scratch-size", "many")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("a size is"),
  });
});
