export * from "./attributes.ts";
export * from "./directory.ts";
export * from "./file-handle.ts";
export * from "./file-tree.ts";
export type { TreePath } from "./path.ts";
export type { WalkedPath, WalkOptions } from "./path-walk.ts";
export * from "./stats.ts";
export * from "./tree-files.ts";
export { type WalkedNode, walkedPath, walkTree } from "./walk.ts";
