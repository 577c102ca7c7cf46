/** The page of figures, `bench/README.md`, and the short table in the project's own README. */
import type { Machine } from "../measure/machine.ts";
import type { Spread } from "../measure/statistics.ts";
import { withMarkedBlock } from "./marked-block.ts";
import type { Results, SuiteResult } from "./results.ts";

/** The whole page, in Markdown. */
export function figuresPage(results: Results): string {
  const sections = results.suites.map(
    (suite) => `## ${suite.title}

${suite.about}

![${suite.title}](plots/${suite.name}.svg)

${speedTable(suite)}

${ratioTable(suite)}`,
  );
  return `# Figures

Written by \`npm run bench\`; do not edit. Each figure is the median of interleaved
rounds in one process; a ratio is taken round by round, so that what disturbs the
machine disturbs both sides of it. A run is held against the last \`results.json\`.

Measured on ${results.date}: ${describeMachine(results.machine)}.

${sections.join("\n\n")}
`;
}

/** The watched ratios of all suites, in Markdown. */
function figuresSummary(results: Results): string {
  const rows = results.suites.flatMap(({ title, ratios }) =>
    ratios.map(
      ({ of, to, ratio }) =>
        `| ${title} | ${of} | ${to} | ${ratio.median.toFixed(2)}× | ${range(ratio, 2)} |`,
    ),
  );
  return `Measured on ${results.date}: ${describeMachine(results.machine)}.

| work | of | to | speed, median | 5th to 95th percentile |
| --- | --- | --- | ---: | ---: |
${rows.join("\n")}`;
}

function speedTable({ rows }: SuiteResult): string {
  const memory = rows.some(({ peakMemoryMiB }) => peakMemoryMiB);
  const lines = rows.map(({ contender, speed: s, peakMemoryMiB }) => {
    const peak = memory ? ` ${peakMemoryMiB?.median.toFixed(0) ?? "–"} |` : "";
    return `| ${contender} | ${s.median.toFixed(0)} | ${range(s, 0)} |${peak}`;
  });
  return `| contender | ${rows[0]?.unit}, median | 5th to 95th percentile |${memory ? " peak memory, MiB |" : ""}
| --- | ---: | ---: |${memory ? " ---: |" : ""}
${lines.join("\n")}`;
}

function ratioTable({ ratios }: SuiteResult): string {
  if (ratios.length === 0) return "";
  const rows = ratios.map(({ of, to, ratio, atLeast }) => {
    const floor = atLeast === undefined ? "–" : `${atLeast}×${ratio.median >= atLeast ? "" : " **missed**"}`;
    return `| ${of} | ${to} | ${ratio.median.toFixed(2)}× | ${range(ratio, 2)} | ${floor} |`;
  });
  return `| of | to | ratio, median | 5th to 95th percentile | wanted at least |
| --- | --- | ---: | ---: | ---: |
${rows.join("\n")}`;
}

function range({ low, high }: Spread, digits: number): string {
  return `${low.toFixed(digits)} to ${high.toFixed(digits)}`;
}

function describeMachine(machine: Machine): string {
  const sha = machine.shaInstructions ? "with SHA instructions" : "without SHA instructions";
  const versions = [
    `Node ${machine.node} (V8 ${machine.v8}, OpenSSL ${machine.openssl})`,
    machine.kernel,
    ...(machine.veritysetup ? [machine.veritysetup] : []),
  ];
  return `${machine.processor} ${sha}, ${machine.cores} cores, ${machine.memoryGiB} GiB; ${versions.join("; ")}`;
}

/**
 * Puts the summary between the markers of a README.
 *
 * @throws {Error} where the markers are not there.
 */
export function withFigures(readme: string, results: Results): string {
  return withMarkedBlock(readme, "figures", figuresSummary(results));
}
