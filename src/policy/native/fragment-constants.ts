/** What a fragment's text states, where it has the form in which tools write it. */
import { StorageError } from "../../errors.ts";
import type { JsonValue } from "../../rego/index.ts";
import { parseModule } from "../../rego/parser.ts";
import type { FragmentModule } from "../policy-rules.ts";
import { readDataForm } from "./data-form.ts";

/** Its constants; undefined for a text that has more than constants, or is none. */
export function fragmentConstants({
  name,
  signedText,
}: FragmentModule): ReadonlyMap<string, JsonValue> | undefined {
  try {
    const form = readDataForm(parseModule(signedText, name));
    if (form === undefined || form.delegated.size > 0 || form.path.length !== 1) return undefined;
    // Names of what is put behind the text: Rego says what their being there twice means.
    const taken = Array.from(form.constants.keys()).some(
      (key) => key === "parameter" || key.startsWith("__"),
    );
    return taken ? undefined : form.constants;
  } catch (error) {
    if (error instanceof StorageError) return undefined;
    throw error;
  }
}
