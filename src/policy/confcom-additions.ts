/**
 * What `az confcom acipolicygen` adds to a policy so that a group of containers with it deploys on Azure Container
 * Instances: the pause container, variables and a mount that the platform gives every container, and the fragment of
 * its own containers (azure-cli-extensions, `src/confcom/azext_confcom/data/internal_config.json`).
 */
import { defaultUnprivilegedCapabilities } from "./default-capabilities.ts";
import type { PolicyMount } from "./default-mounts.ts";
import type { EnvironmentRule, IdentityPattern, ListedContainer } from "./listed-container.ts";
import type { ListedFragment } from "./native/shapes.ts";

/** Any user or group. */
export const anyIdentity: IdentityPattern = { pattern: "", strategy: "any" };

function text(pattern: string, required = false): EnvironmentRule {
  return { pattern, strategy: "string", required };
}

function expression(pattern: string): EnvironmentRule {
  return { pattern, strategy: "re2", required: false };
}

/** Variables that the platform sets. */
export const platformEnvironmentRules: readonly EnvironmentRule[] = [
  text("TERM=xterm"),
  expression("(?i)(FABRIC)_.+=.+"),
  expression("HOSTNAME=.+"),
  expression("T(E)?MP=.+"),
  expression("FabricPackageFileName=.+"),
  expression("HostedServiceName=.+"),
  expression("IDENTITY_API_VERSION=.+"),
  expression("IDENTITY_HEADER=.+"),
  expression("IDENTITY_SERVER_THUMBPRINT=.+"),
  expression("azurecontainerinstance_restarted_by=.+"),
];

/** Where volumes of a kind lie in the guest, by the names that templates have for the kinds. */
export const volumeSources: ReadonlyMap<string, string> = new Map([
  ["azureFile", "sandbox:///tmp/atlas/azureFileVolume/.+"],
  ["secret", "sandbox:///tmp/atlas/secretsVolume/.+"],
  ["emptyDir", "sandbox:///tmp/atlas/emptydir/.+"],
  ["gitRepo", "sandbox:///tmp/atlas/gitRepoVolume/.+"],
]);

/** The pod's own resolv.conf. */
export const resolverMount: PolicyMount = {
  source: "sandbox:///tmp/atlas/resolvconf/.+",
  destination: "/etc/resolv.conf",
  type: "bind",
  options: ["rbind", "rshared", "rw"],
};

/** What a person debugs a container with. */
export const debugProcesses: readonly ListedContainer["exec_processes"][number][] = [
  { command: ["/bin/sh"], signals: [] },
  { command: ["/bin/bash"], signals: [] },
];

/** The container that holds a pod's namespaces. */
export const pauseContainer: ListedContainer = {
  name: "pause-container",
  command: ["/pause"],
  env_rules: [
    text("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", true),
    text("TERM=xterm"),
  ],
  layers: ["16b514057a06ad665f92c02863aca074fd5976c755d26bff16365299169e8415"],
  mounts: [],
  exec_processes: [],
  signals: [],
  allow_elevated: false,
  allow_stdio_access: true,
  working_dir: "/",
  no_new_privileges: false,
  seccomp_profile_sha256: "",
  user: { user_idname: anyIdentity, group_idnames: [anyIdentity], umask: "0022" },
  capabilities: {
    bounding: defaultUnprivilegedCapabilities,
    effective: defaultUnprivilegedCapabilities,
    inheritable: [],
    permitted: defaultUnprivilegedCapabilities,
    ambient: [],
  },
};

/** Containers that the platform runs beside those of a group; `minimumSvn` may be raised. */
export function infrastructureFragment(minimumSvn: string): ListedFragment {
  return {
    issuer: "did:x509:0:sha256:I__iuL25oXEVFdTP_aBLx_eT1RPHbCQ_ECBQfYZpt9s::eku:1.3.6.1.4.1.311.76.59.1.3",
    feed: "mcr.microsoft.com/aci/aci-cc-infra-fragment",
    minimum_svn: minimumSvn,
    includes: ["containers", "fragments"],
  };
}
