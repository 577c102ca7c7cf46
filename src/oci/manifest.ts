/**
 * Manifests and indexes, OCI's and Docker's schema 2, which share their shape.
 * Source: OCI image-spec 1.1, manifest.md and image-index.md.
 */
import { FormatError } from "../errors.ts";
import { type Descriptor, parseDescriptor } from "./descriptor.ts";
import { JsonObject } from "./json-document.ts";
import { bareMediaType, type DocumentKind, documentKind } from "./media-types.ts";
import { quoted } from "./quoted-text.ts";

/** The most that a manifest, an index or a configuration may hold, as registries bound it too. */
export const maxDocumentSizeBytes: number = 4 * 1024 * 1024;

/** A manifest: one image for one platform. */
export interface Manifest {
  readonly kind: "manifest";
  readonly config: Descriptor;
  /** Base first. */
  readonly layers: readonly Descriptor[];
}

/** An index: manifests, or further indexes, to choose from. */
export interface Index {
  readonly kind: "index";
  readonly manifests: readonly Descriptor[];
}

/**
 * Reads a manifest or an index.
 *
 * @param mediaType what the descriptor or the server said that it is; undefined where nobody did.
 * @param name names the document in errors.
 * @throws {FormatError} `bad-version` for schema 1; `bad-field` for what is malformed, is no
 *   image's, or says of itself something else than was said of it.
 */
export function parseManifest(
  bytes: Uint8Array,
  mediaType: string | undefined,
  name: string,
): Manifest | Index {
  const document = JsonObject.parse(bytes, name);
  const kind = kindOf(document, mediaType, name);
  if (kind === "index") {
    return { kind, manifests: document.objects("manifests").map(parseDescriptor) };
  }
  return {
    kind,
    config: parseDescriptor(document.object("config")),
    layers: document.objects("layers").map(parseDescriptor),
  };
}

function kindOf(
  document: JsonObject,
  mediaType: string | undefined,
  name: string,
): Exclude<DocumentKind, "schema1" | "other"> {
  const own = document.optionalText("mediaType");
  const claimed = mediaType === undefined ? undefined : documentKind(mediaType);
  if (claimed === "schema1" || (own !== undefined && documentKind(own) === "schema1")) throw schema1(name);
  const version = document.size("schemaVersion");
  if (version === 1) throw schema1(name);
  if (version !== 2) {
    throw new FormatError("bad-version", `${name} is of schema version ${version}: only 2 is read`);
  }
  // Two readers could take such a document for two things (CVE-2021-41190).
  if (document.has("manifests") && (document.has("layers") || document.has("config"))) {
    throw document.refuse("manifests", "there beside layers: it may be a manifest or an index, not both");
  }
  const kind = document.has("manifests") ? "index" : "manifest";
  for (const said of [claimed === "other" ? undefined : mediaType, own]) {
    if (said !== undefined && documentKind(said) !== kind) {
      throw new FormatError(
        "bad-field",
        `${name} has the shape of ${kind}, and is said to be ${quoted(said)}`,
      );
    }
  }
  if (claimed === "other" && !isPlainJson(mediaType ?? "")) {
    throw new FormatError(
      "bad-field",
      `${name} is said to be ${quoted(mediaType ?? "")}: no manifest and no index`,
    );
  }
  return kind;
}

/** Static file servers and old registries know no better; the document's own shape then decides. */
function isPlainJson(mediaType: string): boolean {
  return ["application/json", "application/octet-stream", "text/plain"].includes(bareMediaType(mediaType));
}

function schema1(name: string): FormatError {
  return new FormatError(
    "bad-version",
    `${name} is a Docker manifest of schema 1, whose layers have no diff-ids: push the image again with a current tool`,
  );
}
