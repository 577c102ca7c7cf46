import { describe, expect, test } from "vitest";
import { changesBetween, describeChanges } from "../../bench/report/compare.ts";
import { figuresPage, withFigures } from "../../bench/report/page.ts";
import { plotSuite } from "../../bench/report/plot.ts";
import type { Results } from "../../bench/report/results.ts";

function results(low: number, median: number, high: number, atLeast?: number): Results {
  const speed = { median: 900, low: 850, high: 950 };
  return {
    date: "2026-01-02",
    machine: {
      processor: "a processor",
      cores: 2,
      memoryGiB: 8,
      kernel: "Linux 6.1",
      node: "20.19.0",
      v8: "11.3",
      openssl: "3.0",
      shaInstructions: false,
      veritysetup: "veritysetup 2.6.1",
    },
    suites: [
      {
        name: "a-suite",
        title: "A suite",
        about: "What it is about.",
        rows: [
          { contender: "sealstone", unit: "MB/s", speed, peakMemoryMiB: { median: 90, low: 80, high: 99 } },
          { contender: "peer", unit: "MB/s", speed: { median: 300, low: 290, high: 310 } },
        ],
        ratios: [{ of: "sealstone", to: "peer", ratio: { median, low, high }, atLeast }],
      },
    ],
  };
}

describe("a run beside the last one", () => {
  test("names what got slower, and only where the spreads are apart", () => {
    const before = results(2.9, 3, 3.1);
    expect(changesBetween(before, results(2.0, 3.0, 4.0))).toEqual([]);
    const changes = changesBetween(before, results(2.4, 2.5, 2.6));
    expect(describeChanges(changes)).toEqual(["SLOWER: a-suite: sealstone / peer was 3.00, is 2.50"]);
    expect(describeChanges(changesBetween(before, results(3.4, 3.5, 3.6)))[0]).toMatch(/^faster/);
  });
});

describe("the page", () => {
  test("shows speeds, memory, ratios and a floor that was missed", () => {
    const page = figuresPage(results(2.9, 3, 3.1, 3.5));
    expect(page).toContain("| sealstone | 900 | 850 to 950 | 90 |");
    expect(page).toContain("| peer | 300 | 290 to 310 | – |");
    expect(page).toContain("| sealstone | peer | 3.00× | 2.90 to 3.10 | 3.5× **missed** |");
    expect(figuresPage(results(2.9, 3, 3.1, 2.5))).not.toContain("missed");
    expect(page).toContain("without SHA instructions");
  });

  test("puts its summary between a README's markers, any number of times", () => {
    const readme = "# A\n\n<!-- figures:start -->\nold\n<!-- figures:end -->\n\nrest\n";
    const once = withFigures(readme, results(2.9, 3, 3.1));
    expect(once).toContain("3.00×");
    expect(once).not.toContain("old");
    expect(once.endsWith("<!-- figures:end -->\n\nrest\n")).toBe(true);
    expect(withFigures(once, results(2.9, 3, 3.1))).toBe(once);
    expect(() => withFigures("no place", results(2.9, 3, 3.1))).toThrow("no place for figures");
  });
});

test("a plot is an SVG with a bar for each contender", async () => {
  const [suite] = results(2.9, 3, 3.1).suites;
  if (!suite) throw new Error("no suite");
  const svg = await plotSuite(suite);
  expect(svg).toMatch(/^<svg/);
  expect(svg).toContain("A suite");
  expect(
    svg.match(/aria-roledescription="rect mark/g)?.length ?? svg.split('class="mark-rect').length - 1,
  ).toBe(1);
  expect(svg).toContain("#2a6f97");
});
