export * from "./layer-decision.ts";
