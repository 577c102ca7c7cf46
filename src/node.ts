/** sealstone for Node: the core, and what needs a file system or threads. */
export * from "./index.ts";
