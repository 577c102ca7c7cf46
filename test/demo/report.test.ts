/** The demonstration in words: what is printed, and in which colours. */
import { WriteStream } from "node:tty";
import { afterEach, describe, expect, test, vi } from "vitest";
import { paintFor, plain } from "../../demo/paint.ts";
import { galleryText, storyText, summaryText } from "../../demo/report.ts";

const verdict = {
  family: "The policy",
  name: "second policy",
  point: 1,
  does: "sends a second policy",
  expected: "PolicyError",
  said: { name: "PolicyError", code: "denied", message: "there is one" },
  holds: true,
} as const;
const shown = { ok: true, verdicts: [verdict] } as unknown as Parameters<typeof summaryText>[0];

/** A stream that looks like a terminal, or like a file. */
function stream(isTTY: boolean): NodeJS.WriteStream {
  return Object.create(WriteStream.prototype, { isTTY: { value: isTTY } });
}

describe("colours", () => {
  const asked = ["FORCE_COLOR", "NO_COLOR", "NODE_DISABLE_COLORS", "TERM", "COLORTERM", "CI", "TMUX"];
  afterEach(() => vi.unstubAllEnvs());

  function environment(names: Readonly<Record<string, string | undefined>>): void {
    // All that Node asks for, so that it does not count where the tests run.
    for (const name of asked) vi.stubEnv(name, undefined);
    for (const [name, value] of Object.entries(names)) vi.stubEnv(name, value);
  }

  test("are there on a terminal that has them", () => {
    environment({ TERM: "xterm-256color", COLORTERM: "truecolor" });
    expect(paintFor(stream(true))("green", "✔")).toBe("\u001b[32m✔\u001b[39m");
  });

  test.each([
    ["NO_COLOR", { NO_COLOR: "1", TERM: "xterm-256color" }, true],
    ["a dumb terminal", { TERM: "dumb" }, true],
    ["what is no terminal", { TERM: "xterm-256color" }, false],
  ])("are left out for %s", (_, names, isTTY) => {
    environment(names);
    expect(paintFor(stream(isTTY))("green", "✔")).toBe("✔");
  });
});

describe("words", () => {
  test("the good path marks what does not hold", () => {
    const story = [
      { step: "one", holds: true },
      { step: "two", holds: false },
    ];
    expect(storyText(story, plain)).toBe("A host starts the container\n✔ one\n✘ two");
  });

  test("below the table stand the points, and what is outside", () => {
    const text = galleryText(shown, plain);
    expect(text).toMatch(/^ {2}1 .*policy$/m);
    expect(text).toMatch(/^ {2}7 .*network \(outside\)$/m);
    expect(text).toMatch(/^ {2}.*attestation report.*: /m);
    expect(text).toMatch(/^ {2}.*memory and registers: the processor/m);
  });

  test("the last line counts, and says so where something does not hold", () => {
    expect(summaryText(shown, plain)).toMatch(/^1 of 1 attacks were refused/);
    expect(summaryText({ ...shown, ok: false }, plain)).toMatch(/^Something does not hold/);
  });
});
