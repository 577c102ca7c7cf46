/** `sealstone policy check`: whether a policy lets images run, and if not, why. */
import { type ImageRehearsal, type RehearsedStep, rehearseImage } from "../policy/image-rehearsal.ts";
import type { PolicyOutline } from "../policy/policy-outline.ts";
import type { GroupContext, GroupOptions } from "./action-group.ts";
import { CommandFailure, type ExitCode, exitCodes } from "./exit-codes.ts";
import type { ImageOptions } from "./image-options.ts";
import { openPolicyFile } from "./policy-file.ts";
import { type HashedImage, hashImages } from "./policy-images.ts";
import { containerTitle } from "./policy-words.ts";

/** As commander hands them over. */
export interface PolicyCheckOptions extends ImageOptions, GroupOptions {
  readonly command?: readonly string[];
  readonly env?: readonly string[];
}

/** An image, and what the policy says to it. */
interface Finding {
  readonly image: HashedImage;
  readonly rehearsal: ImageRehearsal;
  /** Where the layers are not those of any container: the nearest, in words. */
  readonly nearest?: string;
}

/** Holds the images that follow the policy against it. */
export async function runPolicyCheck(
  context: GroupContext,
  [path = "", ...names]: readonly string[],
  options: PolicyCheckOptions,
): Promise<ExitCode> {
  const { terminal } = context;
  if (names.length === 0) {
    throw new CommandFailure(exitCodes.usage, "sealstone policy check: name images after the policy.");
  }
  const { policy, outline } = await openPolicyFile(path);
  const images = await hashImages(context, names, options);
  const findings = images.map((image): Finding => {
    const rehearsal = rehearseImage(policy, image, {
      containers: outline.containers,
      ...(options.command && { command: options.command }),
      ...(options.env && { environment: options.env }),
    });
    const nearest = rehearsal.overlay?.allowed
      ? undefined
      : (turnedContainer(image, outline) ??
        (rehearsal.overlay ? undefined : nearestContainer(image, outline)));
    return { image, rehearsal, ...(nearest !== undefined && { nearest }) };
  });
  if (options.json) terminal.out(JSON.stringify(findings.map((finding) => findingJson(finding, outline))));
  else for (const finding of findings) terminal.out(findingText(finding, outline));
  return findings.every(({ rehearsal }) => wouldRun(rehearsal)) ? exitCodes.success : exitCodes.failure;
}

function wouldRun({ container }: ImageRehearsal): boolean {
  return container?.allowed === true;
}

/** The container of which most layers are in their places, and where it differs; undefined where none is listed. */
function nearestContainer({ layers }: HashedImage, { containers }: PolicyOutline): string | undefined {
  const same = containers.map((container) => container.layers.filter((hash, i) => hash === layers[i]).length);
  const most = Math.max(0, ...same);
  const index = same.indexOf(most);
  const container = containers[index];
  if (container === undefined) return undefined;
  if (most === 0) return "no container of the policy has any of these layers in its place";
  const title = `${containerTitle(container, index)} comes nearest`;
  const { length } = container.layers;
  const at = layers.findIndex((hash, i) => hash !== container.layers[i]);
  const expected = container.layers[at];
  if (at === -1) return `${title}: it has ${length - layers.length} more on top`;
  if (expected === undefined) return `${title}: it ends with layer ${length}`;
  return `${title}: layer ${at + 1} of ${length} is ${expected} there`;
}

/** Which container has an image's layers in the opposite order, if one has. */
function turnedContainer({ layers }: HashedImage, { containers }: PolicyOutline): string | undefined {
  const turned = [...layers].reverse();
  const index = containers.findIndex(
    (container) =>
      container.layers.length === turned.length && container.layers.every((hash, i) => hash === turned[i]),
  );
  const container = containers[index];
  if (container === undefined || turned.length < 2) return undefined;
  return `the layers are those of ${containerTitle(container, index)} in the opposite order: policies list the base first`;
}

function findingText({ image, rehearsal, nearest }: Finding, outline: PolicyOutline): string {
  const lines = [`${image.name}: ${verdict(rehearsal, outline)}`];
  for (const [index, step] of rehearsal.layers.entries()) {
    const made = image.steps[index];
    const note = made === undefined ? "" : `  (${shortened(made)})`;
    lines.push(
      `  layer ${String(index + 1).padEnd(3)} ${stateOf(step)}  ${image.layers[index]}${note}`,
      ...whyLines(step),
    );
  }
  const { overlay, container } = rehearsal;
  if (overlay === undefined) lines.push("  overlay   not tried: not all of its layers may be mounted");
  else lines.push(`  overlay   ${stateOf(overlay)}`, ...whyLines(overlay));
  if (nearest !== undefined) lines.push(`            ${nearest}`);
  if (container !== undefined) lines.push(`  container ${stateOf(container)}`, ...whyLines(container));
  return lines.map((line) => line.trimEnd()).join("\n");
}

function verdict(rehearsal: ImageRehearsal, { containers }: PolicyOutline): string {
  if (!wouldRun(rehearsal)) return "would not run";
  const { index } = rehearsal;
  const container = index === undefined ? undefined : containers[index];
  return container === undefined ? "would run" : `would run, as ${containerTitle(container, index ?? 0)}`;
}

function stateOf({ allowed }: RehearsedStep): string {
  return allowed ? "allowed" : "DENIED ";
}

function whyLines({ allowed, reasons, explanation }: RehearsedStep): readonly string[] {
  if (allowed) return [];
  const why = [...reasons, ...(explanation === undefined ? [] : [explanation])];
  return (why.length > 0 ? why : ["the policy gives no reason"]).map((line) => `            ${line}`);
}

/** What made a layer, on one short line. */
function shortened(text: string): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, " ").trim();
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

function findingJson({ image, rehearsal, nearest }: Finding, { containers }: PolicyOutline): unknown {
  const { layers, overlay, container, index } = rehearsal;
  const name = index === undefined ? undefined : containers[index]?.name;
  return {
    image: image.name,
    allowed: wouldRun(rehearsal),
    layers: layers.map((step, place) => ({ rootHash: image.layers[place], ...step })),
    ...(overlay && { overlay }),
    ...(container && { container }),
    ...(nearest !== undefined && { nearest }),
    ...(index !== undefined && { containerIndex: index }),
    ...(name !== undefined && { containerName: name }),
  };
}
