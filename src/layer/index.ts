export * from "./verity-parameters.ts";
export * from "./vhd-footer.ts";
