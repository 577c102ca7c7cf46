export type { EvaluationLimits } from "./budget.ts";
export { compileRego, RegoLibrary, type RegoModule, RegoProgram, type RegoQuery } from "./compile.ts";
export type { JsonObject, JsonValue } from "./json.ts";
