/** The framework and the table of points as modules, which policies of their own rules are compiled with. */
import { type LibraryModule, type LibraryNeeds, RegoLibrary } from "../rego/index.ts";
import { candidateRules } from "./framework-candidate-rules.ts";
import { containerRules } from "./framework-container-rules.ts";
import { fragmentRules } from "./framework-fragment-rules.ts";
import { reasonRules } from "./framework-reason-rules.ts";
import { storageRules } from "./framework-storage-rules.ts";
import { apiRules } from "./points.ts";

let library: RegoLibrary | undefined;

/** What the framework asks of policies and fragments, and of the data given. */
export const frameworkNeeds: LibraryNeeds = {
  roots: new Set(
    [
      ["metadata", "defaultMounts", "privilegedMounts", "sandboxPrefix", "hugePagesPrefix", "plan9Prefix"],
      ["defaultPrivilegedCapabilities", "defaultUnprivilegedCapabilities"],
    ].flat(),
  ),
  rules: new Set(
    [
      ["api_version", "api_svn", "framework_version", "framework_svn", "svn"],
      ["containers", "external_processes", "fragments", "platform_rules", "transparency_trust_lists"],
      ["allow_properties_access", "allow_dump_stacks", "allow_runtime_logging", "allow_host_network"],
      ["allow_environment_variable_dropping", "allow_unencrypted_scratch", "allow_capability_dropping"],
    ].flat(),
  ),
};

/** What stands beside every policy: the packages `framework` and `api`, of which each rule is read when it is needed. */
export function frameworkLibrary(): RegoLibrary {
  library ??= new RegoLibrary(frameworkModules(), frameworkNeeds);
  return library;
}

/** The modules of the library. */
export function frameworkModules(): readonly LibraryModule[] {
  return [
    { name: "api.rego", text: apiRules() },
    { name: "framework/storage.rego", text: storageRules },
    { name: "framework/candidates.rego", text: candidateRules },
    { name: "framework/containers.rego", text: containerRules },
    { name: "framework/fragments.rego", text: fragmentRules },
    { name: "framework/reasons.rego", text: reasonRules },
  ];
}
