/** A suite as a bar chart with its spread, drawn by Vega. */
import { parse, type Spec, View } from "vega";
import type { SuiteResult } from "./results.ts";

/** An SVG document: a bar per contender, longest speed last, with 5th to 95th percentile. */
export async function plotSuite(suite: SuiteResult): Promise<string> {
  const view = new View(parse(specification(suite)), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  return `${svg}\n`;
}

function specification(suite: SuiteResult): Spec {
  const values = suite.rows.map(({ contender, speed }) => ({
    contender,
    ...speed,
    ours: contender.startsWith("sealstone"),
  }));
  return {
    $schema: "https://vega.github.io/schema/vega/v6.json",
    width: 460,
    height: { signal: "22 * length(data('rows'))" } as unknown as number,
    padding: 8,
    background: "white",
    title: { text: suite.title, anchor: "start", fontSize: 13 },
    data: [{ name: "rows", values }],
    scales: [
      {
        name: "x",
        type: "linear",
        domain: { data: "rows", field: "high" },
        zero: true,
        nice: true,
        range: "width",
      },
      {
        name: "y",
        type: "band",
        domain: { data: "rows", field: "contender" },
        range: "height",
        padding: 0.25,
      },
    ],
    axes: [
      {
        orient: "bottom",
        scale: "x",
        title: `${suite.rows[0]?.unit} (median; line: 5th to 95th percentile)`,
        grid: true,
      },
      { orient: "left", scale: "y", domain: false, ticks: false, labelLimit: 320 },
    ],
    marks: [
      {
        type: "rect",
        from: { data: "rows" },
        encode: {
          enter: {
            y: { scale: "y", field: "contender" },
            height: { scale: "y", band: 1 },
            x: { scale: "x", value: 0 },
            x2: { scale: "x", field: "median" },
            fill: [{ test: "datum.ours", value: "#2a6f97" }, { value: "#b8c4cc" }],
          },
        },
      },
      {
        type: "rule",
        from: { data: "rows" },
        encode: {
          enter: {
            y: { scale: "y", field: "contender", band: 0.5 },
            x: { scale: "x", field: "low" },
            x2: { scale: "x", field: "high" },
            stroke: { value: "#222" },
          },
        },
      },
    ],
  };
}
