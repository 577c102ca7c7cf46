export type { EvaluationLimits } from "./budget.ts";
export { compileRego, type RegoModule, RegoProgram, type RegoQuery } from "./compile.ts";
export type { JsonObject, JsonValue } from "./json.ts";
export { type LibraryModule, type LibraryNeeds, RegoLibrary } from "./library.ts";
