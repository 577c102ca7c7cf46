/**
 * Runs the benchmarks: `npm run bench` all of them, `npm run bench -- NAME…` some: those with
 * such a name, or with one that begins with it and a hyphen, as `sectors` has four.
 * A full run writes `results.json`, the plots and the page, and says what got
 * slower against the results that were there; a partial one only prints.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { interleave, type Measurement, ratio } from "./measure/interleave.ts";
import { thisMachine } from "./measure/machine.ts";
import { changesBetween, describeChanges } from "./report/compare.ts";
import { figuresPage, withFigures } from "./report/page.ts";
import { plotSuite } from "./report/plot.ts";
import { benchFolder, type Results, readResults, type SuiteResult, writeResults } from "./report/results.ts";
import { fileReads } from "./suites/file-reads.ts";
import { flat } from "./suites/flat.ts";
import {
  largerTableReads,
  largerTableShortReads,
  largerTableShortWrites,
  largerTableWrites,
} from "./suites/larger-table.ts";
import { layerMemory, layerRootHash } from "./suites/layer.ts";
import {
  evaluatedDevices,
  policyContainers,
  policyDevices,
  policyLoads,
  policyOverlays,
} from "./suites/policy.ts";
import { rootCreates, rootStats } from "./suites/root-files.ts";
import { rootLookups } from "./suites/root-lookups.ts";
import { rootReads, rootWrites } from "./suites/root-transfers.ts";
import { saltedBlocks } from "./suites/salted-blocks.ts";
import { sealedLong, sealedShort } from "./suites/sealed-device.ts";
import { sectorsChaCha, sectorsGcm, sectorsXts, sectorsXtsHmac } from "./suites/sectors.ts";
import type { Suite, WatchedRatio } from "./suites/suite.ts";
import { deviceLongReads, deviceShortReads } from "./suites/verity-device.ts";
import { formatDevice, formatWithFec, verifyDevice } from "./suites/whole-device.ts";

const suites: readonly Suite[] = [
  saltedBlocks,
  sectorsChaCha,
  sectorsGcm,
  sectorsXts,
  sectorsXtsHmac,
  largerTableWrites,
  largerTableReads,
  largerTableShortWrites,
  largerTableShortReads,
  sealedLong,
  sealedShort,
  deviceLongReads,
  deviceShortReads,
  fileReads,
  verifyDevice,
  formatDevice,
  formatWithFec,
  flat,
  layerRootHash,
  layerMemory,
  rootReads,
  rootWrites,
  rootCreates,
  rootStats,
  rootLookups,
  policyLoads,
  policyDevices,
  evaluatedDevices,
  policyOverlays,
  policyContainers,
];

await main(process.argv.slice(2));

async function main(names: readonly string[]): Promise<void> {
  const chosen =
    names.length === 0 ? suites : suites.filter(({ name }) => names.some((wanted) => isNamed(name, wanted)));
  if (chosen.length === 0) {
    print(`no such benchmark; there are: ${suites.map(({ name }) => name).join(", ")}`);
    process.exitCode = 1;
    return;
  }
  const before = readResults();
  const done: SuiteResult[] = [];
  for (const suite of chosen) {
    const result = await runSuite(suite);
    if (result) done.push(result);
  }
  const results: Results = {
    date: new Date().toISOString().slice(0, 10),
    machine: thisMachine(),
    suites: done,
  };
  if (before) for (const line of describeChanges(changesBetween(before, results))) print(line);
  if (names.length === 0) await publish(results);
}

function isNamed(name: string, wanted: string): boolean {
  return name === wanted || name.startsWith(`${wanted}-`);
}

async function runSuite(suite: Suite): Promise<SuiteResult | undefined> {
  print(`\n${suite.title}`);
  const prepared = await suite.prepare();
  if ("unavailable" in prepared) {
    print(`  left out: ${prepared.unavailable}`);
    return undefined;
  }
  try {
    const measurements = await interleave(prepared.contenders, suite.pace);
    for (const { name, unit, speed: s } of measurements) {
      print(
        `  ${s.median.toFixed(0).padStart(6)} ${unit} (${s.low.toFixed(0)} to ${s.high.toFixed(0)})  ${name}`,
      );
    }
    const ratios = prepared.ratios.map((watched) => takeRatio(watched, measurements));
    for (const { of, to, ratio: r, atLeast } of ratios) {
      const wanted =
        atLeast === undefined ? "" : ` (wanted ${atLeast}: ${r.median >= atLeast ? "met" : "MISSED"})`;
      print(`  ${r.median.toFixed(2)}× ${of} / ${to}${wanted}`);
    }
    const rows = measurements.map(({ name, rounds: _, ...measured }) => ({ contender: name, ...measured }));
    return { name: suite.name, title: suite.title, about: suite.about, rows, ratios };
  } finally {
    await prepared.close();
  }
}

function takeRatio(
  watched: WatchedRatio,
  measurements: readonly Measurement[],
): SuiteResult["ratios"][number] {
  const find = (name: string): Measurement => {
    const found = measurements.find((measurement) => measurement.name === name);
    if (!found) throw new Error(`no contender is named ${name}`);
    return found;
  };
  const { of, to, atLeast } = watched;
  return { of, to, ratio: ratio(find(of), find(to)), atLeast };
}

async function publish(results: Results): Promise<void> {
  mkdirSync(`${benchFolder}plots`, { recursive: true });
  for (const suite of results.suites) {
    writeFileSync(`${benchFolder}plots/${suite.name}.svg`, await plotSuite(suite));
  }
  writeResults(results);
  writeFileSync(`${benchFolder}README.md`, figuresPage(results));
  const readme = `${benchFolder}../README.md`;
  writeFileSync(readme, withFigures(readFileSync(readme, "utf8"), results));
  print("\nwritten: bench/README.md, its results.json and plots/, and the figures of README.md");
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
