export {
  createPolicy,
  type PolicyContent,
  type PolicyLayout,
  type PolicyOptions,
  policyContent,
  policyText,
} from "./create-policy.ts";
export type { PolicyDecision } from "./decision.ts";
export type { PolicyMount } from "./default-mounts.ts";
export type { EnforcerOptions, EnforcerSnapshot, PolicyQuery } from "./enforcer.ts";
export { PolicyEnforcer } from "./enforcer.ts";
export type { ExplainedCandidate, FailedCondition, OwnRules, PolicyExplanation } from "./explanation.ts";
export type {
  ContainerRequest,
  FragmentRequest,
  PolicyIdentity,
  ProcessGrant,
  ProcessRequest,
} from "./guest-requests.ts";
export { GuestRequests } from "./guest-requests.ts";
export type { ContainerOptions, ImageProcess, PolicyImage } from "./image-container.ts";
export { containerOfImage } from "./image-container.ts";
export type { CapabilityLists } from "./kept-values.ts";
export type {
  Capabilities,
  EnvironmentRule,
  IdentityPattern,
  ListedContainer,
} from "./listed-container.ts";
export type { MetadataSnapshot } from "./metadata.ts";
export type { ListedFragment } from "./native/shapes.ts";
export {
  type PolicyPoint,
  policyApiVersion,
  policyFrameworkVersion,
  policyPoints,
} from "./points.ts";
export {
  type EnforcerKind,
  openEncodedPolicy,
  openMeasuredPolicy,
  openPolicy,
  Policy,
  policyDigest,
} from "./policy.ts";
export { PolicyDenial } from "./policy-denial.ts";
export { decodePolicy, encodePolicy } from "./policy-encoding.ts";
export {
  type ScenarioOptions,
  ScenarioRun,
  type ScenarioStep,
  traceScenario,
  traceText,
} from "./scenario.ts";
