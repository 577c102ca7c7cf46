/** A policy in the form that tools write, and requests that it allows. */
import { type ContainerRequest, GuestRequests, openPolicy, type PolicyEnforcer } from "sealstone/policy";

/** How many containers a policy lists, and of how many layers each. */
export interface PolicySize {
  readonly containers: number;
  readonly layers: number;
}

/** As a small pod has it. */
export const small: PolicySize = { containers: 1, layers: 2 };

/** One container, of as many layers as in the large policy. */
export const tall: PolicySize = { containers: 1, layers: 60 };

/** As large as any is. */
export const large: PolicySize = { containers: 200, layers: 60 };

/** How a size is called in the suites. */
export function sizeText({ containers, layers }: PolicySize): string {
  return containers === 1
    ? `1 container of ${layers} layers`
    : `${containers} containers of ${layers} layers`;
}

const anyone = { pattern: "", strategy: "any" };
const variables = Array.from({ length: 12 }, (_, i) => `VARIABLE_${i}=value-${i}`);

const delegated =
  "mount_device mount_overlay create_container unmount_device unmount_overlay exec_in_container exec_external shutdown_container signal_container_process plan9_mount plan9_unmount get_properties dump_stacks runtime_logging load_fragment scratch_mount scratch_unmount rw_mount_device rw_unmount_device reason";

/** The policy's text; `ownRules` make it one that is evaluated. */
export function policyText({ containers, layers }: PolicySize, ownRules = ""): string {
  const listed = Array.from({ length: containers }, (_, container) => ({
    name: `container-${container}`,
    command: commandOf(container),
    env_rules: variables.map((pattern, i) => ({
      pattern,
      strategy: i % 3 === 0 ? "re2" : "string",
      required: false,
    })),
    layers: Array.from({ length: layers }, (_, layer) => hashOf(container, layer)),
    mounts: [],
    exec_processes: [],
    signals: [9, 15],
    user: { umask: "0022", user_idname: anyone, group_idnames: [anyone] },
    capabilities: null,
    seccomp_profile_sha256: "",
    allow_elevated: false,
    working_dir: "/",
    allow_stdio_access: true,
    no_new_privileges: false,
  }));
  return [
    "package policy",
    'api_version := "0.12.0"',
    'framework_version := "0.5.0"',
    `containers := ${JSON.stringify(listed)}`,
    "allow_unencrypted_scratch := false",
    ...delegated.split(" ").map((point) => `${point} := data.framework.${point}`),
    ownRules,
    "",
  ].join("\n");
}

function commandOf(container: number): readonly string[] {
  return ["/bin/server", `--number=${container}`];
}

/** A root hash: of the same base in all containers, and else of no other. */
function hashOf(container: number, layer: number): string {
  const number = layer === 0 ? 0 : 1 + container * 1000 + layer;
  return number.toString(16).padStart(64, "0");
}

/** The policy's last container, step by step, as often as wanted. */
export class PolicyWalk {
  readonly enforcer: PolicyEnforcer;
  readonly #requests: GuestRequests;
  readonly #hashes: readonly string[];
  readonly #container: number;

  private constructor(enforcer: PolicyEnforcer, { containers, layers }: PolicySize) {
    this.enforcer = enforcer;
    this.#requests = new GuestRequests(enforcer);
    this.#container = containers - 1;
    this.#hashes = Array.from({ length: layers }, (_, layer) => hashOf(containers - 1, layer));
  }

  /** @param ownRules as of `policyText`. */
  static async over(size: PolicySize, ownRules = ""): Promise<PolicyWalk> {
    return new PolicyWalk((await openPolicy(policyText(size, ownRules))).enforcer(), size);
  }

  /** Mounts the layer over the base, at another place each time. */
  mountDevice(place: number): void {
    this.#requests.mountDevice(pathOf(place), this.#hashes[1] ?? "");
  }

  mountDevices(): void {
    for (const [place, hash] of this.#hashes.entries()) this.#requests.mountDevice(pathOf(place), hash);
  }

  mountOverlay(): void {
    const paths = this.#hashes.map((_, place) => pathOf(place)).reverse();
    this.#requests.mountOverlay("id", paths, "/run/gcs/c/id/rootfs");
  }

  createContainer(): void {
    this.#requests.createContainer({ ...request, arguments: commandOf(this.#container) });
  }
}

function pathOf(place: number): string {
  return `/run/mounts/scsi/m${place}`;
}

const usual =
  "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE"
    .split(" ")
    .map((name) => `CAP_${name}`);

const request: ContainerRequest = {
  containerId: "id",
  arguments: [],
  environment: variables,
  workingDirectory: "/",
  noNewPrivileges: false,
  user: { id: "0", name: "root" },
  groups: [{ id: "0", name: "root" }],
  umask: "0022",
  capabilities: { bounding: usual, effective: usual, inheritable: [], permitted: usual, ambient: [] },
  sandboxId: "sandbox",
  isSandboxContainer: false,
  privileged: false,
  mounts: [],
  devices: [],
  seccompProfileSha256: "",
};
