/**
 * The kinds of blobs an image is made of, by media type.
 * Source: OCI image-spec 1.1, media-types.md, and Docker's "Image Manifest V 2, Schema 2".
 */

/** Media types that are asked for when a registry is asked for a manifest, indexes first. */
export const manifestMediaTypes: readonly string[] = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];

/** What a document says that it is. */
export type DocumentKind = "index" | "manifest" | "schema1" | "other";

/** The kind of document a media type stands for, parameters aside. */
export function documentKind(mediaType: string): DocumentKind {
  switch (bareMediaType(mediaType)) {
    case "application/vnd.oci.image.index.v1+json":
    case "application/vnd.docker.distribution.manifest.list.v2+json":
      return "index";
    case "application/vnd.oci.image.manifest.v1+json":
    case "application/vnd.docker.distribution.manifest.v2+json":
      return "manifest";
    case "application/vnd.docker.distribution.manifest.v1+json":
    case "application/vnd.docker.distribution.manifest.v1+prettyjws":
      return "schema1";
    default:
      return "other";
  }
}

/** True for the configuration of a container image, and not of some other artifact. */
export function isConfigMediaType(mediaType: string): boolean {
  const type = bareMediaType(mediaType);
  return (
    type === "application/vnd.oci.image.config.v1+json" ||
    type === "application/vnd.docker.container.image.v1+json"
  );
}

/** What a layer's media type says about it. */
export type LayerKind = "tar" | "foreign" | "encrypted" | "other";

/**
 * The kind of layer a media type stands for. How a `"tar"` is compressed is not
 * taken from here: its first bytes say it, and the diff-id is the judge.
 */
export function layerKind(mediaType: string): LayerKind {
  const type = bareMediaType(mediaType);
  if (/\+encrypted$/.test(type)) return "encrypted";
  if (/^application\/vnd\.oci\.image\.layer\.nondistributable\.v1\.tar(?:\+gzip|\+zstd)?$/.test(type))
    return "foreign";
  if (/^application\/vnd\.docker\.image\.rootfs\.foreign\.diff\.tar(?:\.gzip|\.zstd)?$/.test(type))
    return "foreign";
  if (/^application\/vnd\.oci\.image\.layer\.v1\.tar(?:\+gzip|\+zstd)?$/.test(type)) return "tar";
  if (/^application\/vnd\.docker\.image\.rootfs\.diff\.tar(?:\.gzip|\.zstd)?$/.test(type)) return "tar";
  return "other";
}

/** Without parameters, in lower case: `application/json; charset=utf-8` → `application/json`. */
export function bareMediaType(mediaType: string): string {
  return (mediaType.split(";", 1)[0] ?? "").trim().toLowerCase();
}
