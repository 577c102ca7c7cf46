/** The demonstration in words, and as JSON. */
import { toHex } from "sealstone/bytes";
import type { Demonstration } from "./demonstration.ts";
import type { Deployment } from "./deployment.ts";
import type { Paint } from "./paint.ts";
import { outside, outsidePoint, parmaPoints } from "./parma.ts";
import { describeDeployment, type Step } from "./story.ts";
import { indented, renderTable } from "./table.ts";

/** What is deployed. @param columns as of all that is written: how wide it may be */
export function deploymentText(
  image: string,
  deployment: Deployment,
  paint: Paint,
  columns: number = Number.POSITIVE_INFINITY,
): string {
  const lines = describeDeployment(image, deployment).map((line) => indented(line, columns));
  const [first = "", ...rest] = lines;
  return [paint("bold", first), ...rest].join("\n");
}

/** The good path. */
export function storyText(
  story: readonly Step[],
  paint: Paint,
  columns: number = Number.POSITIVE_INFINITY,
): string {
  const mark = (holds: boolean): string => (holds ? paint("green", "✔") : paint("red", "✘"));
  return [
    paint("bold", "A host starts the container"),
    ...story.map(({ step, holds }) => mark(holds) + indented(`  ${step}`, columns).slice(1)),
  ].join("\n");
}

/** The gallery, and what its numbers mean. @param columns as `renderTable` */
export function galleryText(
  { verdicts }: Pick<Demonstration, "verdicts">,
  paint: Paint,
  columns: number = Number.POSITIVE_INFINITY,
): string {
  const points = Object.entries(parmaPoints).map(
    ([number, what]) => `  ${number} ${what}${number === String(outsidePoint) ? " (outside)" : ""}`,
  );
  return [
    renderTable(verdicts, paint, columns),
    "",
    paint("dim", "Parma: what its host may do, by number"),
    ...points.map((line) => indented(line, columns)),
    paint("dim", "Outside, and who answers for it"),
    ...outside.map(({ what, why }) => indented(`  ${what}: ${why}`, columns)),
  ].join("\n");
}

/** The last line. */
export function summaryText(
  { ok, verdicts }: Pick<Demonstration, "ok" | "verdicts">,
  paint: Paint,
  columns: number = Number.POSITIVE_INFINITY,
): string {
  const held = verdicts.filter(({ holds }) => holds).length;
  const counted = `${held} of ${verdicts.length} attacks were refused with the right error, and allowed without the attack`;
  const text = indented(ok ? `${counted}.` : `Something does not hold: ${counted}.`, columns);
  return paint(ok ? "green" : "red", text);
}

/** The same for machines. */
export function demonstrationJson(shown: Demonstration, seconds: number): string {
  const { ok, image, deployment, story, verdicts } = shown;
  const layers = deployment.layers.map(({ name, rootHash, bytes }) => ({
    name,
    rootHash: toHex(rootHash),
    sizeBytes: bytes.length,
  }));
  const hostData = toHex(deployment.hostData);
  const report = { ok, image, layers, hostData, story, attacks: verdicts, parmaPoints, outside, seconds };
  return JSON.stringify(report, null, 2);
}
