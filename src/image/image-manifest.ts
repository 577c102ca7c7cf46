/**
 * What a built image's folder says about itself: `image.json`.
 *
 * ```json
 * { "version": 1, "name": "…", "manifestDigest": "sha256:…", "configDigest": "sha256:…",
 *   "configuration": { "platform": "linux/amd64", "env": [], … },
 *   "layers": [{ "diffId": "sha256:…", "file": "sha256-….img", "imageSizeBytes": 1, "imageSha256": "…",
 *                "ext4SizeBytes": 1, "identity": { "rootHash": "…", "algorithm": "sha256", … } }] }
 * ```
 * `identity` is what `sealstone verity verify --identity` takes. Nothing in the
 * file is signed: whoever does not trust the folder brings root hashes along.
 */
import { fromHex, toHex } from "../bytes/hex.ts";
import { FormatError } from "../errors.ts";
import {
  LAYER_BLOCK_SIZE_BYTES,
  LAYER_ROOT_HASH_SIZE_BYTES,
  layerIdentity,
} from "../layer/verity-parameters.ts";
import type { ImageConfiguration } from "../oci/configuration.ts";
import { type Digest, digestParts, parseDigest } from "../oci/digest.ts";
import { JsonObject } from "../oci/json-document.ts";
import { formatPlatform, parsePlatform } from "../oci/platform.ts";

/** The file's name. */
export const IMAGE_MANIFEST_NAME = "image.json";

/** One layer of a built image. */
export interface BuiltImageLayer {
  readonly diffId: Digest;
  /** Name of the image in the folder; equal layers share one. */
  readonly file: string;
  readonly imageSizeBytes: number;
  /** 32 bytes. */
  readonly imageSha256: Uint8Array;
  readonly ext4SizeBytes: number;
  /** 32 bytes. */
  readonly rootHash: Uint8Array;
}

/** A built image, as its folder describes it. */
export interface BuiltImage {
  /** As the source called it. */
  readonly name: string;
  readonly manifestDigest: Digest | undefined;
  readonly configDigest: Digest;
  readonly configuration: ImageConfiguration;
  /** Base first. */
  readonly layers: readonly BuiltImageLayer[];
}

/** A layer's file name: its diff-id, whose characters are safe. */
export function layerFileName(diffId: Digest): string {
  const { algorithm, hex } = digestParts(diffId);
  return `${algorithm}-${hex}.img`;
}

/** The text of `image.json`. */
export function serializeImageManifest(image: BuiltImage): string {
  const { configuration, layers, name, manifestDigest, configDigest } = image;
  const { platform, labels, diffIds: _, ...rest } = configuration;
  const document = {
    version: 1,
    name,
    ...(manifestDigest !== undefined && { manifestDigest }),
    configDigest,
    configuration: {
      platform: formatPlatform(platform),
      ...rest,
      // Pairs, since the names are the image's.
      labels: [...labels].map(([key, value]) => ({ key, value })),
    },
    layers: layers.map(layerJson),
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

/** A layer as `image.json` and `--json` show it. */
export function layerJson(layer: BuiltImageLayer): Record<string, unknown> {
  const { diffId, file, imageSizeBytes, imageSha256, ext4SizeBytes, rootHash } = layer;
  const identity = layerIdentity(rootHash, ext4SizeBytes / LAYER_BLOCK_SIZE_BYTES);
  return {
    diffId,
    file,
    imageSizeBytes,
    imageSha256: toHex(imageSha256),
    ext4SizeBytes,
    identity: { ...identity, rootHash: toHex(identity.rootHash), salt: toHex(identity.salt) },
  };
}

/**
 * Reads `image.json`.
 *
 * @param name names the file in errors.
 * @throws {FormatError} `bad-version`, `bad-field`.
 */
export function parseImageManifest(bytes: Uint8Array, name: string): BuiltImage {
  const document = JsonObject.parse(bytes, name);
  const version = document.size("version");
  if (version !== 1) throw new FormatError("bad-version", `${name} is of version ${version}: only 1 is read`);
  const manifestDigest = document.optionalText("manifestDigest");
  const layers = document.objects("layers").map((object) => {
    const layer = parseBuiltLayer(object);
    const file = object.text("file");
    // A name of ours, so that nothing else can be meant.
    if (file !== layerFileName(layer.diffId))
      throw object.refuse("file", "not the name that goes with the diff-id");
    return { ...layer, file };
  });
  return {
    name: document.text("name"),
    manifestDigest:
      manifestDigest === undefined
        ? undefined
        : parseDigest(manifestDigest, document.describe("manifestDigest")),
    configDigest: parseDigest(document.text("configDigest"), document.describe("configDigest")),
    configuration: {
      ...parseConfigurationObject(document.object("configuration")),
      diffIds: layers.map(({ diffId }) => diffId),
    },
    layers,
  };
}

function parseConfigurationObject(object: JsonObject): Omit<ImageConfiguration, "diffIds"> {
  return {
    platform: platformOf(object),
    env: object.optionalTexts("env") ?? [],
    entrypoint: object.optionalTexts("entrypoint"),
    command: object.optionalTexts("command"),
    user: object.optionalText("user"),
    workingDir: object.optionalText("workingDir"),
    stopSignal: object.optionalText("stopSignal"),
    exposedPorts: object.optionalTexts("exposedPorts") ?? [],
    volumes: object.optionalTexts("volumes") ?? [],
    labels: new Map(
      (object.optionalObjects("labels") ?? []).map((label) => [
        label.text("key"),
        label.optionalText("value") ?? "",
      ]),
    ),
    history: (object.optionalObjects("history") ?? []).map((entry) => ({
      createdBy: entry.optionalText("createdBy"),
      comment: entry.optionalText("comment"),
      emptyLayer: entry.flag("emptyLayer"),
    })),
  };
}

function platformOf(object: JsonObject): ImageConfiguration["platform"] {
  try {
    return parsePlatform(object.text("platform"));
  } catch {
    throw object.refuse("platform", "no platform");
  }
}

/**
 * Reads a layer as `layerJson` shows it, but for the name of its file.
 *
 * @throws {FormatError} `bad-field`.
 */
export function parseBuiltLayer(object: JsonObject): Omit<BuiltImageLayer, "file"> {
  const identity = object.object("identity");
  const ext4SizeBytes = object.size("ext4SizeBytes");
  if (identity.size("dataBlocks") * LAYER_BLOCK_SIZE_BYTES !== ext4SizeBytes) {
    throw identity.refuse("dataBlocks", "of another size than ext4SizeBytes");
  }
  return {
    diffId: parseDigest(object.text("diffId"), object.describe("diffId")),
    imageSizeBytes: object.size("imageSizeBytes"),
    imageSha256: hexOf(object, "imageSha256"),
    ext4SizeBytes,
    rootHash: hexOf(identity, "rootHash"),
  };
}

function hexOf(object: JsonObject, name: string): Uint8Array {
  const text = object.text(name);
  if (!/^[0-9a-f]*$/.test(text) || text.length !== 2 * LAYER_ROOT_HASH_SIZE_BYTES) {
    throw object.refuse(name, "not 64 hex digits in lower case");
  }
  return fromHex(text, name);
}
