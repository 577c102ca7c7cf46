/** The shell's words, commands and completion, over layers in memory. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { namePattern, readingCommands } from "../../src/cli/shell-reading.ts";
import { ShellSession } from "../../src/cli/shell-session.ts";
import { escapeWord, OpenQuote, splitWords } from "../../src/cli/shell-words.ts";
import { writingCommands } from "../../src/cli/shell-writing.ts";
import { mountLayers } from "../../src/overlay/mount-layers.ts";
import { twoLayers } from "../overlay/mounted-layers.ts";
import { scratchFolder } from "./child-command.ts";

interface Opened {
  readonly session: ShellSession;
  /** Carries lines out; gives what they wrote. */
  readonly run: (...lines: readonly string[]) => Promise<string>;
}

async function opened(json = false): Promise<Opened> {
  const root = await mountLayers(await twoLayers(), { scratchSizeBytes: 4 << 20 });
  onTestFinished(() => root.close());
  let text = "";
  const terminal = {
    out: (line: string) => {
      text += `${line}\n`;
    },
    write: async (bytes: Uint8Array) => {
      text += Buffer.from(bytes).toString();
      return true;
    },
    err: () => {},
    status: () => {},
    columns: undefined,
  };
  const session = new ShellSession({
    root,
    terminal,
    commands: [...readingCommands, ...writingCommands],
    json,
  });
  const run = async (...lines: readonly string[]): Promise<string> => {
    text = "";
    for (const line of lines) await session.run(line, new AbortController().signal);
    return text;
  };
  return { session, run };
}

describe("words", () => {
  test.each<readonly [string, readonly string[]]>([
    ["", []],
    ["  ls   -l\t/etc ", ["ls", "-l", "/etc"]],
    [`write 'a b' "c \\"d\\" \\e" f\\ g`, ["write", "a b", 'c "d" \\e', "f g"]],
    [`a''b"" ''`, ["ab", ""]],
    ["ls # and no more", ["ls"]],
    ["a#b", ["a#b"]],
  ])("%j", (line, words) => {
    expect(splitWords(line)).toEqual(words);
  });

  test.each(["'", 'a "b', "a \\"])("%j is not ended", (line) => {
    expect(() => splitWords(line)).toThrow(OpenQuote);
  });

  test("what is escaped is one word again", () => {
    for (const text of ["a b", "it's", '"', "\\", "#x", "plain"])
      expect(splitWords(escapeWord(text))).toEqual([text]);
  });
});

test.each<readonly [string, string, boolean]>([
  ["*", "anything", true],
  ["*.conf", "a.conf", true],
  ["*.conf", "a.confx", false],
  ["a*b*c", "aXbYc", true],
  ["a*b*c", "acb", false],
  ["?", "a", true],
  ["?", "ab", false],
  ["a*a", "a", false],
  ["a", "a", true],
  [`${"*a".repeat(30)}*b`, "a".repeat(200), false],
])("the pattern %s and the name %s", (pattern, name, fits) => {
  expect(namePattern(pattern)(name)).toBe(fits);
});

describe("commands", () => {
  test("looking around", async () => {
    const { run } = await opened();
    expect(await run("pwd", "ls")).toBe("/\netc\nlost+found\nvar\n");
    expect(await run("cd etc", "pwd", "ls", "cat release")).toBe("/etc\nrelease\nnew!\n");
    expect(await run("cd ../var/", "pwd", "stat log")).toMatch(/^\/var\n\/var\/log: file\n {2}mode {6}0600/);
    expect(await run("ls -l log")).toMatch(/^-rw------- .* \/var\/log\n$/);
    expect(await run("cd", "find . '*l*' f")).toBe("etc/release\nvar/log\n");
    expect(await run("ls etc var")).toBe("etc:\nrelease\n\nvar:\nlog\n");
  });

  test("changing, and saying what is changed", async () => {
    const { run } = await opened();
    await run(
      "mkdir -p srv/data",
      "cd srv/data",
      "write file one two",
      "write -a file three",
      "ln -s file link",
    );
    expect(await run("cat link")).toBe("one two\nthree\n");
    await run("cp file link copy/ # no such folder").catch(() => undefined);
    await run(
      "cp file other",
      "mv other moved",
      "ln moved hard",
      "chmod 600 moved",
      "rm -f nothing",
      "rm link",
    );
    await run("cp -r /srv/data /srv/twin", "mv /etc/release .", "rm -r /var");
    expect(await run("diff")).toBe(
      [
        "- /etc/release",
        ...["", "data/", "data/file", "data/hard", "data/moved", "data/release"].map(
          (name) => `+ /srv/${name}`,
        ),
        ...["", "file", "hard", "moved"].map((name) => `+ /srv/twin/${name}`),
        "- /var/",
        "- /var/log",
        "",
      ].join("\n"),
    );
    expect(await run("diff /etc", "diff /var/log")).toBe("- /etc/release\n- /var/log\n");
  });

  test("mv of a folder that a layer has, which cannot be renamed", async () => {
    const { run } = await opened();
    await run("mv var old");
    expect(await run("ls", "stat old/log")).toMatch(/^etc\nlost\+found\nold\n.*0600.*user\.a = b/s);
  });

  test("from and to this machine", async () => {
    const { run } = await opened();
    const folder = scratchFolder();
    writeFileSync(join(folder, "in"), "from here");
    mkdirSync(join(folder, "out"));
    await run(
      `put ${join(folder, "in")} etc`,
      `get etc ${join(folder, "out")}`,
      `get etc/in ${join(folder, "mine")}`,
    );
    expect(readFileSync(join(folder, "out/etc/in"), "utf8")).toBe("from here");
    expect(readFileSync(join(folder, "mine"), "utf8")).toBe("from here");
  });

  test("results as JSON", async () => {
    const { run } = await opened(true);
    expect(JSON.parse(await run("ls etc"))).toMatchObject([{ path: "release", sizeBytes: 5 }]);
    expect(JSON.parse(await run("find var"))).toEqual([{ path: "log" }]);
    await run("rm etc/release");
    expect(JSON.parse(await run("diff"))).toMatchObject([{ kind: "removed", path: "/etc/release" }]);
  });

  test.each<readonly [string, string]>([
    ["frobnicate", "no such command"],
    ["__proto__", "no such command"],
    ["cd etc/release", "is no folder"],
    ["cd nowhere", "ENOENT"],
    ["rm etc", "is a directory"],
    ["rm", "usage: rm"],
    ["ls -x", "usage: ls"],
    ["chmod rwx etc", "octal"],
    ["cp etc/release var/log nowhere", "is no folder"],
    ["find / * x", "a type is one of"],
    ["cat 'etc", "is not closed"],
    ["put /nonexistent/file etc", "nonexistent"],
  ])("%s", async (line, words) => {
    const { run } = await opened();
    await expect(run(line)).rejects.toThrow(words);
  });
});

describe("completion", () => {
  test("of commands, folders and names", async () => {
    const { session, run } = await opened();
    await run("write 'etc/a name' x", "mkdir etc/release.d");
    expect(await session.complete("ca")).toEqual([["cat"], "ca"]);
    expect(await session.complete("cat e")).toEqual([["etc/"], "e"]);
    expect(await session.complete("cat /etc/re")).toEqual([["/etc/release", "/etc/release.d/"], "/etc/re"]);
    expect(await session.complete("cat etc/a\\ n")).toEqual([["etc/a\\ name"], "etc/a\\ n"]);
    expect(await session.complete("cat nowhere/")).toEqual([[], "nowhere/"]);
    await run("cd etc");
    expect((await session.complete("rm "))[0]).toEqual(["a\\ name", "release", "release.d/"]);
  });
});
