/** Descriptors: what a document says about another blob. Source: OCI image-spec 1.1, descriptor.md. */
import { type Digest, parseDigest } from "./digest.ts";
import type { JsonObject } from "./json-document.ts";
import type { Platform } from "./platform.ts";

/** A blob as another document names it. All of it is that document's word. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** Of an index's entries alone. */
  readonly platform: Platform | undefined;
  readonly annotations: ReadonlyMap<string, string>;
}

/**
 * Reads a descriptor.
 *
 * @throws {FormatError} `bad-field`.
 */
export function parseDescriptor(object: JsonObject): Descriptor {
  const platform = object.optionalObject("platform");
  return {
    mediaType: object.text("mediaType"),
    digest: parseDigest(object.text("digest"), object.describe("digest")),
    sizeBytes: object.size("size"),
    platform: platform && parsePlatformObject(platform),
    annotations: object.textMap("annotations"),
  };
}

/** The platform that an index's entry or a configuration names. */
export function parsePlatformObject(object: JsonObject): Platform {
  return {
    os: object.optionalText("os") ?? "",
    architecture: object.optionalText("architecture") ?? "",
    variant: object.optionalText("variant"),
  };
}
