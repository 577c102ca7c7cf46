/** Comparing, and telling kinds apart. */
import { binary, cheap, type NamedBuiltin, unary } from "./builtin.ts";
import { compareValues, equalValues, typeName } from "./value.ts";

/** See the head of this file. */
export const typeBuiltins: readonly NamedBuiltin[] = [
  binary("equal", (a, b) => equalValues(a, b)),
  binary("neq", (a, b) => !equalValues(a, b)),
  binary("lt", (a, b) => compareValues(a, b) < 0),
  binary("lte", (a, b) => compareValues(a, b) <= 0),
  binary("gt", (a, b) => compareValues(a, b) > 0),
  binary("gte", (a, b) => compareValues(a, b) >= 0),
  cheap(unary("type_name", (a) => typeName(a))),
  ...(["null", "boolean", "number", "string", "array", "object", "set"] as const).map((kind) =>
    cheap(unary(`is_${kind}`, (a) => typeName(a) === kind)),
  ),
];
