/**
 * An image's configuration: what it runs, and the diff-ids of its layers.
 * Source: OCI image-spec 1.1, config.md. Docker's own adds fields, which are not looked at.
 */
import { FormatError } from "../errors.ts";
import { parsePlatformObject } from "./descriptor.ts";
import { type Digest, parseDigest } from "./digest.ts";
import { JsonObject } from "./json-document.ts";
import type { Platform } from "./platform.ts";

/** One step of how the image was made. */
export interface HistoryEntry {
  readonly createdBy: string | undefined;
  readonly comment: string | undefined;
  /** The step made no layer. */
  readonly emptyLayer: boolean;
}

/** A configuration, as the image's author wrote it. */
export interface ImageConfiguration {
  readonly platform: Platform;
  /** `NAME=value`, in the image's order. */
  readonly env: readonly string[];
  /** `undefined` where the image has none, which is not the same as an empty one. */
  readonly entrypoint: readonly string[] | undefined;
  readonly command: readonly string[] | undefined;
  /** `user`, `uid`, `user:group`, `uid:gid`; undefined for root. */
  readonly user: string | undefined;
  readonly workingDir: string | undefined;
  readonly stopSignal: string | undefined;
  /** `port/protocol`. */
  readonly exposedPorts: readonly string[];
  readonly volumes: readonly string[];
  readonly labels: ReadonlyMap<string, string>;
  /** Of the uncompressed layer tars, base first; the same one may stand there twice. */
  readonly diffIds: readonly Digest[];
  /** Oldest first; empty where the author left it out. */
  readonly history: readonly HistoryEntry[];
}

/**
 * Reads a configuration.
 *
 * @param name names the document in errors.
 * @throws {FormatError} `bad-field`.
 */
export function parseConfiguration(bytes: Uint8Array, name: string): ImageConfiguration {
  const document = JsonObject.parse(bytes, name);
  const rootfs = document.object("rootfs");
  if (rootfs.text("type") !== "layers") throw rootfs.refuse("type", "not layers");
  const diffIds = (rootfs.optionalTexts("diff_ids") ?? []).map((text, index) =>
    parseDigest(text, rootfs.describe(`diff_ids[${index}]`)),
  );
  const config = document.optionalObject("config");
  return {
    platform: parsePlatformObject(document),
    env: config?.optionalTexts("Env") ?? [],
    entrypoint: config?.optionalTexts("Entrypoint"),
    command: config?.optionalTexts("Cmd"),
    user: config?.optionalText("User"),
    workingDir: config?.optionalText("WorkingDir"),
    stopSignal: config?.optionalText("StopSignal"),
    exposedPorts: config?.nameSet("ExposedPorts") ?? [],
    volumes: config?.nameSet("Volumes") ?? [],
    labels: config?.textMap("Labels") ?? new Map(),
    diffIds,
    history: (document.optionalObjects("history") ?? []).map((entry) => ({
      createdBy: entry.optionalText("created_by"),
      comment: entry.optionalText("comment"),
      emptyLayer: entry.flag("empty_layer"),
    })),
  };
}

/**
 * The step that made each layer, base first: the history without what made none.
 * All `undefined` where the history's author counted other layers than there are.
 */
export function layerHistory({ diffIds, history }: ImageConfiguration): (HistoryEntry | undefined)[] {
  const steps = history.filter(({ emptyLayer }) => !emptyLayer);
  return diffIds.map((_, index) => (steps.length === diffIds.length ? steps[index] : undefined));
}

/**
 * Holds the number of a manifest's layers against the configuration's.
 *
 * @throws {FormatError} `bad-field` where they differ.
 */
export function checkLayerCount(name: string, layers: number, diffIds: number): void {
  if (layers === diffIds) return;
  throw new FormatError(
    "bad-field",
    `${name} has ${layers} layers, and its configuration ${diffIds} diff-ids`,
    { at: { field: "rootfs.diff_ids" } },
  );
}
