/** Denials of devices, scratch space, overlays, 9p and flags, explained by what is mounted and what is listed. */
import type { JsonValue } from "../../rego/index.ts";
import { type ExplainedCandidate, explanationOf, type PolicyExplanation } from "../explanation.ts";
import { nameOf } from "./candidate-names.ts";
import { type Deciding, has } from "./deciding.ts";
import type { Container } from "./shapes.ts";
import { isOverlayInput, type OverlayInput, writableFileSystems } from "./storage-points.ts";

/** A sentence on a denial; undefined where the request has another shape. */
type Sentence = (deciding: Deciding) => string | undefined;

const sentences: ReadonlyMap<string, Sentence> = new Map<string, Sentence>([
  ["mount_device", device],
  ["rw_mount_device", writableDevice],
  ["mount_blockdev", () => "no policy lets a block device be mounted as it is"],
  ["unmount_blockdev", () => "no policy lets a block device be mounted as it is"],
  ["unmount_device", (deciding) => unmount(deciding, "devices", "a layer")],
  ["rw_unmount_device", (deciding) => unmount(deciding, "rw_devices", "a writable device")],
  ["scratch_mount", scratch],
  ["scratch_unmount", (deciding) => unmount(deciding, "scratch_mounts", "scratch space")],
  ["unmount_overlay", (deciding) => unmount(deciding, "overlayTargets", "an overlay")],
  ["plan9_mount", plan9],
  ["plan9_unmount", (deciding) => unmount(deciding, "p9mounts", "a 9p share")],
  ["get_properties", flagged("allow_properties_access")],
  ["dump_stacks", flagged("allow_dump_stacks")],
  ["runtime_logging", flagged("allow_runtime_logging")],
  ["host_network", flagged("allow_host_network")],
]);

/** Why a request was denied; undefined for other points, and where there is nothing to say. */
export function explainStorage(point: string, deciding: Deciding): PolicyExplanation | undefined {
  if (point === "mount_overlay") return explainOverlay(deciding);
  const sentence = sentences.get(point)?.(deciding);
  return sentence === undefined ? undefined : explanationOf(point, [], sentence);
}

function flagged(name: string): Sentence {
  return () => `the policy does not set ${name}`;
}

/** A layer's root hash, and what it is called. */
function layerText(hash: string, { world }: Deciding): string {
  const name = world.layerNames.get(hash);
  return name === undefined ? hash : `${hash} (${name})`;
}

function device(deciding: Deciding): string | undefined {
  const { target, deviceHash } = deciding.input;
  if (typeof target !== "string" || typeof deviceHash !== "string") return undefined;
  const { layers } = deciding.candidates;
  const layer = layerText(deviceHash, deciding);
  if (!layers.has(deviceHash)) return `none of the ${layers.size} layers that the policy lists is ${layer}`;
  return `the layer ${layer} is listed, but ${target} ${place(target, deciding)}`;
}

/** Why nothing can be mounted at a place. */
function place(target: string, deciding: Deciding): string {
  const isTaken = ["devices", "rw_devices"].some((table) => has(deciding, table, target));
  const { mountPathRegex } = deciding.input;
  return isTaken ? "has a device already" : `is no place for it: those match ${text(mountPathRegex)}`;
}

function text(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "no pattern";
}

function writableDevice(deciding: Deciding): string | undefined {
  const { target, encrypted, ensureFilesystem, filesystem } = deciding.input;
  if (typeof target !== "string" || typeof filesystem !== "string") return undefined;
  if (encrypted !== true && !deciding.flag("allow_unencrypted_scratch")) return unencrypted;
  if (ensureFilesystem !== true) return "the request does not ask that a file system be made on the device";
  if (!writableFileSystems.includes(filesystem)) {
    return `the file system ${filesystem} is none of ${writableFileSystems.join(", ")}`;
  }
  return `${target} ${place(target, deciding)}`;
}

const unencrypted =
  "the request is for unencrypted scratch space, and the policy does not set allow_unencrypted_scratch";

function scratch(deciding: Deciding): string | undefined {
  const { target } = deciding.input;
  if (typeof target !== "string") return undefined;
  return has(deciding, "scratch_mounts", target)
    ? `scratch space is mounted at ${target} already`
    : unencrypted;
}

function unmount(deciding: Deciding, table: string, what: string): string | undefined {
  const { unmountTarget } = deciding.input;
  if (typeof unmountTarget !== "string") return undefined;
  const other = otherMount(unmountTarget, table, deciding);
  return `${what} is not mounted at ${unmountTarget}${other === undefined ? "" : `, but ${other} is`}`;
}

/** A device of the other kind at the same place. */
function otherMount(target: string, table: string, deciding: Deciding): string | undefined {
  if (table === "devices" && has(deciding, "rw_devices", target)) return "a writable device";
  return table === "rw_devices" && has(deciding, "devices", target) ? "a layer" : undefined;
}

function plan9(deciding: Deciding): string | undefined {
  const { target, rootPrefix, mountPathPrefix } = deciding.input;
  if (typeof target !== "string") return undefined;
  if (has(deciding, "p9mounts", target)) return `a 9p share is mounted at ${target} already`;
  const ids = Array.from(deciding.world.metadata.entries("matches"), ([id]) => id);
  if (ids.length === 0) return "no container has an overlay, and a 9p share is for one that has";
  const places = `${text(rootPrefix)}/ID${text(mountPathPrefix)}`;
  return `${target} is none of the places ${places} of the containers with an overlay: ${ids.join(", ")}`;
}

function explainOverlay(deciding: Deciding): PolicyExplanation | undefined {
  if (!isOverlayInput(deciding.input)) return undefined;
  const { containerID, layerPaths, target } = deciding.input as unknown as OverlayInput;
  const point = "mount_overlay";
  if (has(deciding, "matches", containerID)) {
    return explanationOf(point, [], "this container id had an overlay before: an id is used once");
  }
  if (has(deciding, "overlayTargets", target)) {
    return explanationOf(point, [], `an overlay is mounted at ${target}`);
  }
  const paths = [...(layerPaths ?? [])].reverse();
  const offered = paths.map((path) => {
    const hash = deciding.world.metadata.get("devices", path);
    return typeof hash === "string" ? { hash } : { path };
  });
  const candidates = deciding.candidates.containers.map((container, index) =>
    overlayCandidate(container, index, offered, deciding),
  );
  return explanationOf(point, candidates, "the policy lists no containers");
}

/** A layer's root hash, or the place where no layer is mounted. */
type Offered = { readonly hash: string } | { readonly path: string };

/** Layers are counted from the base up, as policies list them. */
function overlayCandidate(
  container: Container,
  index: number,
  offered: readonly Offered[],
  deciding: Deciding,
): ExplainedCandidate {
  const { layers } = container;
  const name = nameOf(container, deciding);
  if (layers.length !== offered.length) {
    const failed = {
      aspect: "the number of layers",
      expected: `${layers.length}`,
      seen: `${offered.length}`,
    };
    return { index, ...name, fulfilled: 0, failed };
  }
  const at = layers.findIndex((layer, i) => {
    const other = offered[i];
    return other === undefined || !("hash" in other) || other.hash !== layer;
  });
  const failed = {
    aspect: `layer ${at + 1} of ${layers.length}`,
    expected: layerText(layers[at] ?? "", deciding),
    seen: offeredText(offered[at], deciding),
  };
  return { index, ...name, fulfilled: at + 1, failed };
}

function offeredText(offered: Offered | undefined, deciding: Deciding): string {
  if (offered === undefined) return "nothing";
  if ("hash" in offered) return layerText(offered.hash, deciding);
  return `nothing (no device is mounted at ${offered.path})`;
}
