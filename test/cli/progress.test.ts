/** The progress bar: its line, and that it is drawn on a terminal only. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ProgressBar, progressLine } from "../../src/cli/progress.ts";
import type { Terminal } from "../../src/cli/terminal.ts";
import { hasProgram, run, sealstoneLine } from "./child-command.ts";

describe("the line", () => {
  test("says how far, how fast, how long still", () => {
    const line = progressLine("Verifying", 512 * 2 ** 20, 2 ** 30, 2, 100);
    expect(line).toBe(
      "Verifying  50% [####################....................]  512 MiB of 1 GiB, 256 MiB/s, 0:02 left",
    );
  });

  test.each([0, 1, 10, 30, 57, 80, 200])("is shorter than %i columns", (columns) => {
    for (const done of [0, 1, 999, 1000]) {
      expect(progressLine("Verifying", done, 1000, 1, columns).length).toBeLessThan(Math.max(1, columns));
    }
  });

  test("nothing to do is all done", () => {
    expect(progressLine("Hashing", 0, 0, 0.5, 80)).toContain("100%");
  });
});

describe("the bar", () => {
  function recording(columns: number | undefined): { terminal: Terminal; drawn: string[] } {
    const drawn: string[] = [];
    const refuse = (): never => {
      throw new Error("a bar writes no lines");
    };
    const status = (text: string) => drawn.push(text);
    return { terminal: { out: refuse, write: refuse, err: refuse, status, columns }, drawn };
  }

  test("is not drawn in the first second, nor without a terminal", async () => {
    const quick = recording(80);
    const silent = recording(undefined);
    {
      using one = new ProgressBar(quick.terminal, "Hashing");
      using other = new ProgressBar(silent.terminal, "Hashing");
      one.update(1, 2);
      await new Promise((resolve) => setTimeout(resolve, 1050));
      other.update(1, 2);
    }
    expect(quick.drawn).toEqual([]);
    expect(silent.drawn).toEqual([]);
  });

  test("is drawn now and then, and taken away", async () => {
    const { terminal, drawn } = recording(80);
    {
      using bar = new ProgressBar(terminal, "Hashing");
      await new Promise((resolve) => setTimeout(resolve, 1050));
      for (let i = 0; i < 1000; i++) bar.update(i, 1000);
    }
    expect(drawn[0]).toContain("Hashing   0%");
    expect(drawn.length).toBeLessThan(5);
    expect(drawn.at(-1)).toBe("");
  });
});

describe.skipIf(!hasProgram("script"))("on a terminal (where script is installed)", () => {
  let folder = "";
  /** What goes before the bar, and in the end before the lines. */
  const cleared = "\r\u001b[K";
  /**
   * Formats by the slowest of the algorithms, and stops once it has begun for
   * longer than the bar is silent: it lasts more than a second on any machine.
   */
  const line = [
    `rm -f hash; ${sealstoneLine("verity", "format", "data", "hash", "--hash=sha3-256", "--threads=1", "--salt=-")} &`,
    "until [ -e hash ]; do sleep 0.01; done;",
    "kill -STOP $!; sleep 1.1; kill -CONT $!; wait $!",
  ].join(" ");

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "sealstone-progress-"));
    writeFileSync(join(folder, "data"), "");
    truncateSync(join(folder, "data"), 192 * 2 ** 20);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("the bar is drawn, and gone at the end", () => {
    const { code, stdout } = run("script", ["-qec", line, "/dev/null"], folder);
    expect(code).toBe(0);
    expect(stdout).toContain(`${cleared}Hashing`);
    expect(stdout).toContain(`${cleared}VERITY header information for hash`);
  });

  test("with standard error elsewhere nothing is drawn", () => {
    const { code, stdout, stderr } = run("sh", ["-c", line], folder);
    expect(code).toBe(0);
    expect(stderr).toBe("");
    expect(stdout).toContain("VERITY header information for hash");
    expect(stdout).not.toContain("%");
  });
});
