export { type CompactFile, compactFile } from "./compact-file.ts";
export { type CompactPath, cleanPath } from "./compact-path.ts";
export { type CompactImage, type CompactOptions, CompactWriter } from "./compact-writer.ts";
export * from "./image-output.ts";
export { FILE_TYPE_MASK, fileTypeMode } from "./inode.ts";
export type { Timestamp } from "./timestamp.ts";
