/** The framework and the table of points as modules, which policies of their own rules are compiled with. */
import { RegoLibrary, type RegoModule } from "../rego/index.ts";
import { candidateRules } from "./framework-candidate-rules.ts";
import { containerRules } from "./framework-container-rules.ts";
import { fragmentRules } from "./framework-fragment-rules.ts";
import { reasonRules } from "./framework-reason-rules.ts";
import { storageRules } from "./framework-storage-rules.ts";
import { apiRules } from "./points.ts";

let library: RegoLibrary | undefined;

/** What stands beside every policy: the packages `framework` and `api`, compiled when they are first needed. */
export function frameworkLibrary(): RegoLibrary {
  library ??= new RegoLibrary(frameworkModules());
  return library;
}

function frameworkModules(): readonly RegoModule[] {
  return [
    { name: "api.rego", text: apiRules() },
    { name: "framework/storage.rego", text: storageRules },
    { name: "framework/candidates.rego", text: candidateRules },
    { name: "framework/containers.rego", text: containerRules },
    { name: "framework/fragments.rego", text: fragmentRules },
    { name: "framework/reasons.rego", text: reasonRules },
  ];
}
