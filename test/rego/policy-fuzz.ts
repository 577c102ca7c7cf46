/** Modules that were broken: whatever they are, they are refused or stopped in good order. */
import { FormatError, StateError } from "../../src/errors.ts";
import { compileRego } from "../../src/rego/index.ts";
import { SeededRandom } from "../../src/testing/index.ts";

const modules: readonly string[] = [
  `package policy

import future.keywords.every
import future.keywords.in

default mount := {"allowed": false}
mount := {"allowed": true, "metadata": [{"name": "devices", "action": "add", "key": input.target}]} {
  not mounted(input.target)
  some container in containers
  input.hash in container.layers
  regex.match(\`^/run/m[0-9]+$\`, input.target)
}
mounted(target) { data.metadata.devices[target] }
containers := [{"layers": ["a", "b"], "env": ["X=1"]}, {"layers": ["c"]}]
errors["not known"] { not known }
known { input.hash == containers[_].layers[_] }
overlay[id] := [c | c := containers[_]; count(c.layers) == count(input.layers)] { id := input.id }
order { every i, layer in input.layers { containers[0].layers[(count(input.layers) - i) - 1] == layer } }
`,
  `package policy
import rego.v1
reason := {"errors": sort([e | some e in errors])}
errors contains sprintf("%v of %d", [name, count(names)]) if { some name in names; startswith(name, "a") }
names := {n | n := object.keys(input)[_]} | {"abc", lower("ABD")}
size(x) := "big" if { x > 5 } else := "small"
sizes := {k: size(v) | some k, v in {"a": 1, "b": 9}}
`,
];

const snippets: readonly string[] =
  '{ } [ ] ( ) := = == | & , ; : . _ not some every in if else default contains set() 1 -1 " ` \n # input data x null'.split(
    " ",
  );

/** A module broken in one to three places. */
export function brokenText(whole: string, random: SeededRandom): string {
  let text = whole;
  for (let change = random.below(3); change >= 0; change--) {
    const at = random.below(text.length);
    const until = random.oneIn(2) ? at : Math.min(text.length, at + 1 + random.below(12));
    const put = random.oneIn(3) ? "" : random.oneIn(2) ? random.pick(snippets) : moved(text, random);
    text = text.slice(0, at) + put + text.slice(until);
  }
  return text;
}

function moved(text: string, random: SeededRandom): string {
  const at = random.below(text.length);
  return text.slice(at, at + random.below(30));
}

/** How many of so many broken modules were taken and evaluated. @throws what is no refusal. */
export function evaluateBroken(seed: number, count: number): number {
  const random = new SeededRandom(seed);
  const input = { target: "/run/m1", hash: "a", id: "i", layers: ["b", "a"] };
  let taken = 0;
  for (let i = 0; i < count; i++) {
    const text = brokenText(random.pick(modules), random);
    try {
      const program = compileRego([{ name: "p.rego", text }]);
      program.evaluate([], { input, limits: { steps: 100_000, units: 100_000 } });
      taken += 1;
    } catch (error) {
      const refused = error instanceof FormatError || error instanceof StateError;
      if (!refused) throw new Error(`module ${i} of seed ${seed}:\n${text}`, { cause: error });
    }
  }
  return taken;
}
