/** A fragment's text: under which name it may stand beside the policy, and the parameters it is given. */
import { PolicyError } from "../errors.ts";
import type { JsonValue } from "../rego/index.ts";
import type { FragmentModule } from "./policy-rules.ts";

/** Names that policy and framework have for themselves. */
const reservedNamespaces: ReadonlySet<string> = new Set(["framework", "api", "policy", "metadata"]);

/** Nothing but the package on the first line, so that no reader can take it for another one. */
const firstLine = /^package +([a-zA-Z_][a-zA-Z0-9_]*)[\t\n\f\r ]*$/;

/**
 * The namespace of a fragment.
 *
 * @throws {PolicyError} where its first line is not `package` and a name, or the name is taken by what it must
 *   not replace.
 */
export function fragmentNamespace(text: string): string {
  const [line = ""] = text.split("\n", 1);
  if (line === "") throw refused("Fragment Rego is empty");
  const namespace = firstLine.exec(line)?.[1];
  if (namespace === undefined) {
    throw refused(`valid package definition required on first line, got ${JSON.stringify(line)}`);
  }
  if (reservedNamespaces.has(namespace)) {
    throw refused(`namespace ${JSON.stringify(namespace)} is reserved and cannot be used for fragments`);
  }
  return namespace;
}

/** Who signed a fragment, what for, and its text. */
export interface SignedFragment {
  readonly issuer: string;
  readonly feed: string;
  readonly text: string;
}

/** A fragment as a module, with what `parameter("name")` in it stands for. */
export function fragmentModule(
  { issuer, feed, text }: SignedFragment,
  parameters: JsonValue,
): FragmentModule {
  const namespace = fragmentNamespace(text);
  const added = [
    `__fragment_parameters := ${JSON.stringify(parameters)}`,
    "default __fragment_parameters_stated := {}",
    "__fragment_parameters_stated := data[input.namespace].parameters",
    "__fragment_parameters_stated := data[input.namespace].parameters_api",
    "parameter(name) := data.framework.extract_parameter(",
    "\tname, __fragment_parameters, __fragment_parameters_stated,",
    ")",
  ];
  const whole = `${text}\n${added.join("\n")}\n`;
  return { name: `${namespace}.rego`, text: whole, signedText: text, issuer, feed, namespace };
}

function refused(why: string): PolicyError {
  const message = `unable to load fragment: ${why}`;
  return new PolicyError(message, [message]);
}
