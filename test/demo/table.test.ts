/** The gallery's table: what a person reads of it. */
import { describe, expect, test } from "vitest";
import type { Verdict } from "../../demo/gallery/run-gallery.ts";
import { plain } from "../../demo/paint.ts";
import { withGallery } from "../../demo/readme-block.ts";
import { indented, renderTable, wrap } from "../../demo/table.ts";

const refused: Verdict = {
  family: "The disks of layers",
  name: "altered layer byte",
  point: 2,
  does: "flips one bit of a file on a layer's disk",
  expected: "IntegrityError",
  said: { name: "IntegrityError", code: "block-mismatch", message: `of ${"ab".repeat(32)}: refuse it` },
  holds: true,
};
const { said: _, ...unanswered } = refused;
const hadItsWay: Verdict = { ...unanswered, holds: false };
const wrongClass: Verdict = {
  ...refused,
  said: { name: "DeviceError", code: "device-failed", message: "failed" },
  holds: false,
};
const refusesAll: Verdict = {
  ...refused,
  saidOfTwin: { name: "PolicyError", code: "denied", message: "no" },
  holds: false,
};

describe("the table", () => {
  test("says what the host did, what the guest said, and whether it was allowed without the attack", () => {
    expect(renderTable([refused], plain)).toBe(
      [
        "  What the host does                      What the guest says                                   Parma  Without it",
        "",
        "The disks of layers",
        "✔ flips one bit of a file on a layer's    IntegrityError: of abababab…: refuse it                 2    allowed",
        "  disk",
      ].join("\n"),
    );
  });

  test("names a family once", () => {
    const other = { ...refused, family: "The policy" };
    const lines = renderTable([refused, refused, other], plain).split("\n");
    expect(lines.filter((line) => line === "The disks of layers")).toHaveLength(1);
    expect(lines.filter((line) => line === "The policy")).toHaveLength(1);
  });

  test.each([
    ["a host that had its way", hadItsWay, "nothing: the host had its way, and IntegrityError was"],
    ["the wrong error", wrongClass, "DeviceError (IntegrityError was expected): failed"],
    ["a guest that refuses the twin too", refusesAll, "refused"],
  ])("marks %s", (_, verdict, says) => {
    const text = renderTable([verdict], plain);
    expect(text).toContain("✘ flips");
    expect(text).not.toContain("✔");
    const squeezed = text.replaceAll(/\s+/g, " ");
    for (const word of says.split(" ")) expect(squeezed).toContain(word);
  });

  test.each([40, 64, 80, 100, 113, 400])(
    "fits a terminal of %i columns, and says all that it says in a wide one",
    (columns) => {
      const long = {
        ...refused,
        said: { ...refused.said, message: "nothing is left out of this ".repeat(5) },
      };
      const verdicts = [long as Verdict, hadItsWay, refusesAll];
      const narrow = renderTable(verdicts, plain, columns);
      expect(Math.max(...narrow.split("\n").map((line) => line.length))).toBeLessThanOrEqual(columns);
      const words = (text: string): string[] => text.split(/[^\p{L}✔✘']+/u).sort();
      const wide = renderTable(verdicts, plain);
      if (columns >= 64) expect(words(narrow)).toEqual(words(wide));
      if (columns >= 113) expect(narrow).toBe(wide);
      expect(narrow.match(/[✔✘]/g)).toHaveLength(3);
    },
  );

  test("has its cells below each other where there is no room beside", () => {
    expect(renderTable([refused], plain, 40)).toBe(
      [
        "The disks of layers",
        "✔ flips one bit of a file on a layer's",
        "  disk",
        "  IntegrityError: of abababab…: refuse",
        "  it",
        "  Parma 2; allowed without it",
      ].join("\n"),
    );
  });

  test("is painted without moving a column", () => {
    const painted = renderTable([refused, hadItsWay], (style, text) => `<${style}>${text}</>`);
    expect(painted).toContain("<green>✔</>");
    expect(painted).toContain("<red>✘</>");
    expect(painted.replaceAll(/<[a-z]*>|<\/>/g, "").replaceAll(/ +$/gm, "")).toBe(
      renderTable([refused, hadItsWay], plain),
    );
  });
});

describe("wrapping", () => {
  test.each([
    ["", 5, [""]],
    ["one two", 7, ["one two"]],
    ["one two", 6, ["one", "two"]],
    ["abcdefgh ij", 3, ["abc", "def", "gh", "ij"]],
    ["a b c d e f", 1, ["a", "b", "c", "…"]],
    ["a b c d e f", Number.POSITIVE_INFINITY, ["a b c d e f"]],
  ])("%j to %i", (text, width, lines) => {
    expect(wrap(text, width, 4)).toEqual(lines);
  });

  test("goes on as far in as a line begins", () => {
    expect(indented(`    ${"word ".repeat(6).trim()}`, 24)).toBe("    word word word word\n    word word");
  });
});

test("the README's table stands between its markers, any number of times", () => {
  const readme = "# A\n<!-- demo:start -->\nWHAT WAS THERE\n<!-- demo:end -->\nrest\n";
  const once = withGallery(readme, [refused]);
  expect(once).toContain("```text\n");
  expect(once).not.toContain("WHAT WAS THERE");
  expect(once.endsWith("<!-- demo:end -->\nrest\n")).toBe(true);
  expect(withGallery(once, [refused])).toBe(once);
  expect(() => withGallery("# A\n", [refused])).toThrow("no place for demo");
});
