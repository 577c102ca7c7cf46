/** sealstone for Node: the core, and what needs a file system or threads. */
export * from "./crypto/hasher-choice.node.ts";
export * from "./crypto/native-hasher.node.ts";
export * from "./crypto/native-stream-hasher.node.ts";
export * from "./crypto/worker-thread.node.ts";
export * from "./device/file-chunks.node.ts";
export * from "./device/file-device.node.ts";
export * from "./index.ts";
export { type ExtractTreeOptions, extractTree } from "./layer/extract-tree.node.ts";
export * from "./layer/layer-file.node.ts";
export * from "./oci/docker-credentials.node.ts";
export * from "./oci/folder-store.node.ts";
export * from "./oci/image-location.node.ts";
export * from "./tar/decompress.node.ts";
export { gunzipNative } from "./tar/gzip.node.ts";
export * from "./verity/digest-pool.node.ts";
