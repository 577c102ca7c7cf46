/** The demonstration in words, and as JSON. */
import { toHex } from "sealstone/bytes";
import type { Demonstration } from "./demonstration.ts";
import type { Deployment } from "./deployment.ts";
import type { Paint } from "./paint.ts";
import { outside, outsidePoint, parmaPoints } from "./parma.ts";
import { describeDeployment, type Step } from "./story.ts";
import { renderTable } from "./table.ts";

/** What is deployed. */
export function deploymentText(image: string, deployment: Deployment, paint: Paint): string {
  const [first = "", ...rest] = describeDeployment(image, deployment);
  return [paint("bold", first), ...rest].join("\n");
}

/** The good path. */
export function storyText(story: readonly Step[], paint: Paint): string {
  return [
    paint("bold", "A host starts the container"),
    ...story.map(({ step, holds }) => `${holds ? paint("green", "✔") : paint("red", "✘")} ${step}`),
  ].join("\n");
}

/** The gallery, and what its numbers mean. */
export function galleryText({ verdicts }: Pick<Demonstration, "verdicts">, paint: Paint): string {
  const points = Object.entries(parmaPoints).map(
    ([number, what]) => `  ${number} ${what}${number === String(outsidePoint) ? " (outside)" : ""}`,
  );
  return [
    renderTable(verdicts, paint),
    "",
    paint("dim", "Parma: what its host may do, by number"),
    ...points,
    paint("dim", "Outside, and who answers for it"),
    ...outside.map(({ what, why }) => `  ${what}: ${why}`),
  ].join("\n");
}

/** The last line. */
export function summaryText({ ok, verdicts }: Demonstration, paint: Paint): string {
  const held = verdicts.filter(({ holds }) => holds).length;
  const counted = `${held} of ${verdicts.length} attacks were refused with the right error, and allowed without the attack`;
  return ok ? paint("green", `${counted}.`) : paint("red", `Something does not hold: ${counted}.`);
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
