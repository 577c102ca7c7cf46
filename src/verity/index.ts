export * from "./identity.ts";
export * from "./repair.ts";
