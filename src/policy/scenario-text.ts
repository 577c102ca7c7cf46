/** A policy or a fragment as a scenario has it: as text, or as data and the points that are the framework's. */

import { goJson } from "../rego/go-json.ts";
import type { JsonObject } from "../rego/index.ts";
import { compareText } from "../rego/value.ts";
import { JsonFields } from "./json-fields.ts";

/**
 * The text, as the tool that recorded traces writes it: constants by their names, and then the points.
 *
 * @param value `{"raw_rego": …}`, or `{"package": …, "data": {…}, "framework_points": […]}`.
 * @throws {FormatError} `bad-field` for anything else.
 */
export function scenarioText(value: JsonObject, what: string): string {
  const fields = new JsonFields(value, what);
  if (fields.has("raw_rego")) return fields.text("raw_rego");
  const constants = Object.entries(fields.object("data")).sort(([a], [b]) => compareText(a, b));
  return [
    `package ${fields.text("package")}`,
    "",
    ...constants.map(([name, constant]) => `${name} := ${goJson(constant)}`),
    ...(fields.texts("framework_points") ?? []).map((point) => `${point} := data.framework.${point}`),
    "",
  ].join("\n");
}
