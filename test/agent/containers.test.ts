/** Containers and processes: as the policy narrows them, and who runs them. */
import { expect, test } from "vitest";
import {
  type ContainerRunner,
  type GuestProcessSpec,
  type HostRequest,
  type OciProcess,
  VM_ID,
} from "../../src/agent/index.ts";
import { PolicyError, StateError } from "../../src/errors.ts";
import { PolicyDenial } from "../../src/policy/index.ts";
import {
  container,
  create,
  execute,
  mountAll,
  overlay,
  policyText,
  sandbox,
  scene,
  setPolicy,
  startAgent,
  unprivileged,
} from "./agent-scene.ts";

/** Starts processes that end when the test says so. */
class TestRunner implements ContainerRunner {
  readonly started: GuestProcessSpec[] = [];
  readonly signals: number[] = [];
  readonly #ends: ((exitCode: number) => void)[] = [];
  /** Held up until this settles. */
  gate: Promise<unknown> = Promise.resolve();
  asked = 0;

  async start(spec: GuestProcessSpec): ReturnType<ContainerRunner["start"]> {
    this.asked += 1;
    await this.gate;
    this.started.push(spec);
    const exit = new Promise<number>((resolve) => this.#ends.push(resolve));
    return { exit, signal: async (signal) => void this.signals.push(signal) };
  }

  end(index: number, exitCode: number): void {
    this.#ends[index]?.(exitCode);
  }
}

/** Where a container's first process finds what it is to show a verifier. */
const contextVariable: unknown = expect.stringMatching(/^UVM_SECURITY_CONTEXT_DIR=\/security-context-\w{6}$/);

const shell: OciProcess = { args: ["/bin/sh"], cwd: "/", env: ["MODE=test"], capabilities: unprivileged };

test.each<[string, Partial<OciProcess>, string]>([
  ["command", { args: ["/bin/app", "--evil"] }, "invalid command"],
  ["no command", { args: [] }, "invalid command"],
  ["environment", { env: ["LD_PRELOAD=/evil.so"] }, "invalid env list: LD_PRELOAD"],
  ["working directory", { cwd: "/tmp" }, "invalid working directory"],
  ["umask", { user: { umask: 0 } }, "invalid user"],
  [
    "capabilities",
    { capabilities: { ...unprivileged, bounding: ["CAP_SYS_ADMIN"] } },
    "capabilities don't match",
  ],
])("a container with another %s is denied", async (_, change, reason) => {
  const all = await scene();
  await mountAll(all);
  const before = all.agent.state();
  const error = await all.agent.handle(create(change)).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(PolicyDenial);
  expect((error as PolicyDenial).reasons).toContain(reason);
  expect((error as Error).message).not.toContain("evil.so");
  expect(all.agent.state()).toEqual(before);
  expect(all.agent.container(container)).toBeUndefined();
  await all.agent.handle(create());
});

/** A configuration that a test takes apart as it likes. */
type Loose = ReturnType<typeof JSON.parse>;

/** The configuration of `create`, changed. */
function changed(change: (config: Loose) => void): HostRequest {
  const request = create();
  const config = JSON.parse("ContainerConfig" in request ? String(request.ContainerConfig) : "");
  change(config);
  return { Type: "Create", ContainerId: container, ContainerConfig: JSON.stringify(config) };
}

/** A promise and what settles it. */
function gate(): { readonly promise: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open: () => open() };
}

test.each<[string, (config: Loose) => void]>([
  ["bundle", (config) => (config.OciBundlePath = "/run/gcs/c/x")],
  ["root", (config) => (config.OciSpecification.root.path = "/")],
  ["scratch", (config) => (config.ScratchDirPath = `/run/gcs/c/${sandbox}/scratch/x`)],
  ["hooks", (config) => (config.OciSpecification.hooks = { prestart: [{ path: "/evil" }] })],
  ["devices", (config) => (config.OciSpecification.linux.devices = [{ path: "/dev/sda" }])],
  [
    "rogue mount",
    (config) =>
      (config.OciSpecification.mounts = [
        { destination: "/etc", source: "/evil", type: "bind", options: ["rw"] },
      ]),
  ],
  [
    "sandbox mount by a detour",
    (config) =>
      (config.OciSpecification.mounts = [
        { destination: "/data", source: "sandbox:///../x", type: "bind", options: [] },
      ]),
  ],
  ["sandbox", (config) => (config.OciSpecification.annotations["io.kubernetes.cri.sandbox-id"] = "../x")],
  [
    "privileges",
    (config) => (config.OciSpecification.annotations["io.microsoft.virtualmachine.lcow.privileged"] = "true"),
  ],
  [
    "seccomp profile",
    (config) => (config.OciSpecification.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW" }),
  ],
])("a container with another %s is refused", async (_, change) => {
  const all = await scene();
  await mountAll(all);
  const before = all.agent.state();
  await expect(all.agent.handle(changed(change))).rejects.toThrow(PolicyError);
  expect(all.agent.state()).toEqual(before);
  await all.agent.handle(create());
});

test.each<[string, (config: Loose) => void]>([
  ["an unknown field", (config) => (config.Extra = 1)],
  ["an unknown field of the specification", (config) => (config.OciSpecification.extra = 1)],
  ["an unknown field of Linux", (config) => (config.OciSpecification.linux.sysctl = {})],
  ["an unknown field of its process", (config) => (config.OciSpecification.process.apparmorProfile = "x")],
  ["an old schema", (config) => (config.SchemaVersion = { Major: 2, Minor: 0 })],
  ["no process", (config) => delete config.OciSpecification.process],
  ["an environment that is no list", (config) => (config.OciSpecification.process.env = "A=b")],
  [
    "another kind",
    (config) => (config.OciSpecification.annotations["io.kubernetes.cri.container-type"] = "vm"),
  ],
])("a configuration with %s is malformed", async (_, change) => {
  const all = await scene();
  await mountAll(all);
  const before = all.agent.state();
  await expect(all.agent.handle(changed(change))).rejects.toMatchObject({ name: "FormatError" });
  expect(all.agent.state()).toEqual(before);
});

test("what a policy drops of the environment is not there", async () => {
  const all = await scene({ allow_environment_variable_dropping: true });
  await mountAll(all);
  await all.agent.handle(create({ env: ["SECRET=1", "MODE=test"] }));
  expect(all.agent.container(container)?.parts.environment).toEqual(["MODE=test", contextVariable]);
});

test("H29: a container is made once, needs its root, and starts once", async () => {
  const all = await scene();
  const { agent } = all;
  await agent.handle(setPolicy(all.policy));
  await expect(agent.handle(create())).rejects.toThrow(PolicyDenial);
  const fresh = await scene();
  await mountAll(fresh);
  await fresh.agent.handle(create());
  const before = fresh.agent.state();
  await expect(fresh.agent.handle(create())).rejects.toThrow(StateError);
  expect(fresh.agent.state()).toEqual(before);
  await fresh.agent.handle(execute());
  await expect(fresh.agent.handle(execute())).rejects.toThrow("has been started before");
});

test("a container whose root was taken away before it started does not start", async () => {
  const all = await scene();
  const { agent } = all;
  await mountAll(all);
  await agent.handle(create());
  await agent.handle(overlay([], container, "Remove"));
  await expect(agent.handle(execute())).rejects.toThrow("not mounted any more");
  await expect(agent.container(container)?.root.readFile("/etc/release")).rejects.toThrow(StateError);
});

test("processes without a runner run outside: they are decided on, and end by signals", async () => {
  const all = await scene();
  const { agent } = all;
  await mountAll(all);
  await agent.handle(create());
  await expect(agent.handle(execute(shell))).rejects.toThrow("not running");
  const init = (await agent.handle(execute())).processId ?? 0;
  const other = (await agent.handle(execute(shell))).processId ?? 0;
  await expect(agent.handle(execute({ ...shell, args: ["/bin/evil"] }))).rejects.toThrow(PolicyDenial);
  const signal = (ProcessId: number, Signal: number): HostRequest => ({
    Type: "SignalProcess",
    ContainerId: container,
    ProcessId,
    Options: { Signal },
  });
  expect((await agent.handle({ Type: "GetProperties", ContainerId: container })).processes).toEqual([
    init,
    other,
  ]);
  await expect(agent.handle(signal(other, 15))).rejects.toThrow(PolicyDenial);
  await agent.handle(signal(other, 9));
  const wait = (ProcessId: number): HostRequest => ({
    Type: "WaitForProcess",
    ContainerId: container,
    ProcessId,
  });
  expect(await agent.handle(wait(other))).toMatchObject({ exitCode: 137 });
  await expect(agent.handle(wait(99))).rejects.toThrow("no process 99");
  await expect(agent.handle({ ...wait(init), TimeoutInMs: 5 } as HostRequest)).rejects.toMatchObject({
    code: "device-timeout",
  });
  await agent.handle(signal(init, 15));
  expect(await agent.handle(wait(init))).toMatchObject({ exitCode: 143 });
  expect(agent.container(container)?.status).toBe("exited");
});

test("a container that never started is ended by a shutdown", async () => {
  const all = await scene();
  await mountAll(all);
  await all.agent.handle(create());
  await all.agent.handle({ Type: "ShutdownGraceful", ContainerId: container });
  expect(all.agent.container(container)?.status).toBe("exited");
  await expect(all.agent.handle(execute())).rejects.toThrow(StateError);
});

test("a runner is told what the policy allows, and no more", async () => {
  const runner = new TestRunner();
  const all = await scene({ allow_environment_variable_dropping: true }, { runner });
  await mountAll(all);
  const { agent } = all;
  await agent.handle(create({ env: ["MODE=test", "OTHER=x"], user: { uid: 1000, gid: 4 } }));
  await agent.handle(execute());
  expect(runner.started[0]).toMatchObject({
    containerId: container,
    isInit: true,
    arguments: ["/bin/app"],
    environment: ["MODE=test", contextVariable],
    workingDirectory: "/",
    user: { id: "1000", name: "app" },
    groups: [{ id: "4", name: "log" }],
    umask: "0022",
    stdioAccess: true,
  });
  expect(await runner.started[0]?.root?.readFile("/etc/release", "utf8")).toBe("new!\n");
  await agent.handle(execute(shell));
  runner.end(0, 3);
  expect(await agent.handle({ Type: "WaitForProcess", ContainerId: container, ProcessId: 1 })).toMatchObject({
    exitCode: 3,
  });
  // With the first process all others are killed.
  expect(runner.signals).toEqual([9]);
  expect(agent.container(container)?.status).toBe("exited");
});

test("a process whose container ended while it was started is killed, and was never there", async () => {
  const runner = new TestRunner();
  const all = await scene({}, { runner });
  const { agent } = all;
  await mountAll(all);
  await agent.handle(create());
  await agent.handle(execute());
  const closed = gate();
  runner.gate = closed.promise;
  const late = agent.handle(execute(shell));
  await expect.poll(() => runner.asked).toBe(2);
  runner.end(0, 0);
  await agent.container(container)?.init?.exit;
  closed.open();
  await expect(late).rejects.toThrow("not running");
  expect(runner.signals).toEqual([9]);
  expect(agent.container(container)?.processes).toHaveLength(1);
});

test("a runner that fails leaves the container as it was; one that hangs holds up nobody for ever", async () => {
  const runner = new TestRunner();
  const all = await scene({}, { runner, requestDeadlineMs: 300 });
  const { agent } = all;
  await mountAll(all);
  await agent.handle(create());
  const before = agent.state();
  runner.gate = Promise.reject(new Error("no such program"));
  await expect(agent.handle(execute())).rejects.toThrow("no such program");
  expect(agent.state()).toEqual(before);
  const closed = gate();
  runner.gate = closed.promise;
  await expect(agent.handle(execute())).rejects.toMatchObject({ code: "device-timeout" });
  expect(agent.state()).toEqual(before);
  closed.open();
  await expect.poll(() => runner.signals).toEqual([9]);
  runner.gate = Promise.resolve();
  await agent.handle(execute());
});

test("a process beside the containers is one that the policy lists", async () => {
  const all = await scene();
  const policy = policyText([{ layers: [all.base.rootHash] }], {
    external_processes: [
      {
        command: ["/bin/dump"],
        env_rules: [],
        working_dir: "/",
        allow_stdio_access: true,
        allow_environment_variable_dropping: false,
      },
    ],
  });
  const agent = await startAgent(policy, []);
  await agent.handle(setPolicy(policy));
  const external = (CommandArgs: readonly string[]): HostRequest => ({
    Type: "ExecuteProcess",
    ContainerId: VM_ID,
    Settings: { ProcessParameters: { CommandArgs, WorkingDirectory: "/", CreateInUtilityVM: true } },
  });
  await expect(agent.handle(external(["/bin/sh"]))).rejects.toThrow(PolicyDenial);
  expect(agent.state().externalProcesses).toEqual([]);
  const { processId } = await agent.handle(external(["/bin/dump"]));
  expect(agent.state().externalProcesses).toEqual([{ id: processId, arguments: ["/bin/dump"] }]);
  await agent.close();
  expect(agent.state().externalProcesses[0]?.exitCode).toBe(137);
});

test("a request as Windows hosts write it is taken: with nulls, a trace, and their spelling", async () => {
  const all = await scene();
  await mountAll(all);
  const request = changed((config) => {
    config.OciSpecification.windows = { layerFolders: null, network: { networkNamespace: "x" } };
    config.OciSpecification.hooks = null;
    config.OciSpecification.mounts = null;
  });
  await all.agent.handle({ ...request, ocsc: { TraceID: "0".repeat(32) } } as HostRequest);
  const external = (parameters: object): HostRequest => ({
    Type: "ExecuteProcess",
    ContainerId: container,
    Settings: {
      ProcessParameters: { CommandArgs: ["/bin/app"], ConsoleSize: [24, 80], ...parameters } as object,
    },
  });
  await expect(all.agent.handle(external({ CreateInUtilityVm: true }))).rejects.toMatchObject({
    point: "exec_external",
  });
  const both = { CreateInUtilityVm: false, CreateInUtilityVM: true };
  await expect(all.agent.handle(external(both))).rejects.toMatchObject({ name: "FormatError" });
});

test("a command line, whose words nobody could judge, is refused", async () => {
  const all = await scene();
  await mountAll(all);
  const request: HostRequest = {
    Type: "ExecuteProcess",
    Settings: { ProcessParameters: JSON.stringify({ CommandLine: "/bin/sh -c evil" }) },
  };
  await expect(all.agent.handle(request)).rejects.toThrow("CommandLine");
});
