export { type CompactFile, compactFile } from "./compact-file.ts";
export { type CompactPath, cleanPath } from "./compact-path.ts";
export { type CompactImage, type CompactOptions, CompactWriter } from "./compact-writer.ts";
export { type Ext4Options, Ext4Tree, openExt4 } from "./ext4-tree.ts";
export type { Ext4Features } from "./features.ts";
export type { Ext4Geometry } from "./geometry.ts";
export * from "./image-output.ts";
export { FILE_TYPE_MASK, fileTypeMode } from "./inode.ts";
export { openWritableExt4, type WritableExt4Options, WritableExt4Tree } from "./writable-ext4-tree.ts";
