/** The framework's rules in Rego: why a request is denied, found after the denial by looking at each aspect alone. */

/** See the head of this file; a module of the package `framework`. */
export const reasonRules = `package framework

reason := {"errors": errors, "error_objects": error_objects}

starts_process if input.rule in ["create_container", "exec_in_container", "exec_external"]

# Versions.

errors contains concat(" ", ["framework_version is missing. Current version:", version]) if {
	policy_framework_version == null
}

errors contains concat(" ", [
	"framework_version is ahead of the current version:", policy_framework_version, "is greater than", version,
]) if {
	semver.compare(policy_framework_version, version) > 0
}

# Storage.

errors contains "blockdev mounts are not supported" if input.rule in ["mount_blockdev", "unmount_blockdev"]

errors contains "deviceHash not found" if {
	input.rule == "mount_device"
	not deviceHash_ok
}

errors contains "device already mounted at path" if {
	input.rule in ["mount_device", "rw_mount_device"]
	device_mounted(input.target)
}

errors contains "mountpoint invalid" if {
	input.rule in ["mount_device", "rw_mount_device"]
	not mount_target_ok
}

errors contains "no device at path to unmount" if {
	input.rule in ["unmount_device", "rw_unmount_device"]
	not device_mounted(input.unmountTarget)
}

errors contains "received read-only unmount request, but device provided is read-write" if {
	input.rule == "unmount_device"
	not data.metadata.devices[input.unmountTarget]
	data.metadata.rw_devices[input.unmountTarget]
}

errors contains "received read-write unmount request, but device provided is read-only" if {
	input.rule == "rw_unmount_device"
	not data.metadata.rw_devices[input.unmountTarget]
	data.metadata.devices[input.unmountTarget]
}

errors contains concat("", [
	"unencrypted scratch not allowed, ",
	"non-readonly mount request for SCSI disk must request encryption",
]) if {
	input.rule == "rw_mount_device"
	not encryption_ok
}

errors contains "ensureFilesystem must be set on rw device mounts" if {
	input.rule == "rw_mount_device"
	not input.ensureFilesystem
}

errors contains "rw device mounts uses a filesystem that is not allowed" if {
	input.rule == "rw_mount_device"
	not scratch_file_system_ok
}

errors contains "scratch already mounted at path" if {
	input.rule == "scratch_mount"
	data.metadata.scratch_mounts[input.target]
}

errors contains "unencrypted scratch not allowed" if {
	input.rule == "scratch_mount"
	not encryption_ok
}

errors contains "no scratch at path to unmount" if {
	input.rule == "scratch_unmount"
	not data.metadata.scratch_mounts[input.unmountTarget]
}

errors contains "overlay has already been mounted" if {
	input.rule == "mount_overlay"
	overlay_exists
}

errors contains "no matching containers for overlay" if {
	input.rule == "mount_overlay"
	count(overlay_containers) == 0
}

errors contains "no overlay at path to unmount" if {
	input.rule == "unmount_overlay"
	not overlay_mounted(input.unmountTarget)
}

errors contains "device already mounted at path" if {
	input.rule == "plan9_mount"
	plan9_mounted(input.target)
}

errors contains "no device at path to unmount" if {
	input.rule == "plan9_unmount"
	not plan9_mounted(input.unmountTarget)
}

# Containers and processes: each aspect over all that the overlay left, not over those left by the others.

errors contains "container already started" if {
	input.rule == "create_container"
	container_started
}

errors contains "container not started" if {
	input.rule in ["exec_in_container", "shutdown_container", "signal_container_process"]
	not container_started
}

errors contains "target isn't allowed to receive the signal" if {
	input.rule == "signal_container_process"
	count(signalled_containers) == 0
}

errors contains "invalid command" if {
	starts_process
	not some_command_ok
}

some_command_ok if {
	input.rule == "create_container"
	command_ok(matched_containers[_].command)
}

some_command_ok if {
	input.rule == "exec_in_container"
	command_ok(matched_containers[_].exec_processes[_].command)
}

some_command_ok if {
	input.rule == "exec_external"
	command_ok(candidate_external_processes[_].command)
}

aspect_items := candidate_external_processes if input.rule == "exec_external"

aspect_items := matched_containers if input.rule in ["create_container", "exec_in_container"]

errors contains "invalid working directory" if {
	starts_process
	not some_working_directory_ok
}

some_working_directory_ok if workingDirectory_ok(aspect_items[_].working_dir)

errors contains "privileged escalation not allowed" if {
	input.rule == "create_container"
	not some_privileged_ok
}

some_privileged_ok if privileged_ok(matched_containers[_].allow_elevated)

errors contains "invalid noNewPrivileges" if {
	input.rule in ["create_container", "exec_in_container"]
	not some_no_new_privileges_ok
}

# What is asked of a process in a container stands in no list of processes, so that it never holds there.

some_no_new_privileges_ok if {
	input.rule == "create_container"
	noNewPrivileges_ok(matched_containers[_].no_new_privileges)
}

some_no_new_privileges_ok if {
	some process in matched_containers[_].exec_processes
	input.rule == "exec_in_container"
	command_ok(process.command)
	workingDirectory_ok(process.working_dir)
	noNewPrivileges_ok(process.no_new_privileges)
}

errors contains "invalid user" if {
	input.rule in ["create_container", "exec_in_container"]
	not some_user_ok
}

some_user_ok if {
	input.rule == "create_container"
	user_ok(matched_containers[_].user)
}

some_user_ok if {
	some process in matched_containers[_].exec_processes
	input.rule == "exec_in_container"
	command_ok(process.command)
	workingDirectory_ok(process.working_dir)
	user_ok(process.user)
}

errors contains "invalid seccomp" if {
	input.rule == "create_container"
	not some_seccomp_ok
}

some_seccomp_ok if seccomp_ok(matched_containers[_].seccomp_profile_sha256)

errors contains "devices not supported" if {
	input.rule == "create_container"
	not devices_ok
}

errors contains concat(" ", ["invalid mount list:", concat(",", destinations)]) if {
	input.rule == "create_container"
	destinations := [mount.destination | mount := input.mounts[_]; not some_mount_ok(mount)]
	count(destinations) > 0
}

some_mount_ok(mount) if mount_ok(matched_containers[_], mount)

# Environment variables.

errors contains concat(" ", ["invalid env list:", concat(",", names)]) if {
	starts_process
	names := [split(env, "=")[0] | env := input.envList[_]; not some_env_ok(env)]
	count(names) > 0
}

some_env_ok(env) if some_rule_ok(aspect_items[_].env_rules, env)

env_items := create_candidates if {
	input.rule == "create_container"
	not container_started
}

env_items := exec_candidates if {
	input.rule == "exec_in_container"
	container_started
}

env_items := external_candidates if input.rule == "exec_external"

errors contains "missing required environment variable" if {
	some rule in env_items[_].env_rules
	rule.required
	not env_rule_matched(rule)
}

env_rule_matched(rule) if env_rule_ok(rule, input.envList[_])

errors contains "invalid env list" if {
	count(env_items) > 0
	not some_envs_allowed
}

some_envs_allowed if {
	envs := kept_envs(env_items)
	envs_allowed(env_items[_].env_rules, envs)
}

# Capabilities and standard streams, of what all else left.

caps_items := fitting if {
	input.rule == "create_container"
	not container_started
	fitting := after_env(sealed_candidates, kept_envs(sealed_candidates))
	count(fitting) > 0
}

caps_items := fitting if {
	input.rule == "exec_in_container"
	container_started
	fitting := after_env(exec_candidates, kept_envs(exec_candidates))
	count(fitting) > 0
}

asked_privileged := input.privileged if input.rule == "create_container"

asked_privileged := container_privileged if input.rule == "exec_in_container"

left_by_capabilities := after_caps(
	caps_items, kept_caps(caps_items, asked_privileged), asked_privileged,
)

errors contains "capabilities don't match" if count(left_by_capabilities) == 0

errors contains "containers only distinguishable by allow_stdio_access" if {
	input.rule == "create_container"
	left_by_capabilities[_].allow_stdio_access != left_by_capabilities[0].allow_stdio_access
}

errors contains "containers only distinguishable by capabilties" if {
	input.rule == "create_container"
	allow_capability_dropping
	not container_started
	fitting := after_env(create_candidates, kept_envs(create_candidates))
	count(fitting) > 0
	count(largest_capabilities(fitting, input.privileged)) > 1
}

errors contains "external processes only distinguishable by allow_stdio_access" if {
	input.rule == "exec_external"
	processes := after_env(external_candidates, kept_envs(external_candidates))
	processes[_].allow_stdio_access != processes[0].allow_stdio_access
}

# What a request was held against.

default error_objects := null

error_objects := data.metadata.matches[input.containerID] if input.rule == "create_container"

error_objects := [process | process := matched_containers[_].exec_processes[_]] if {
	input.rule == "exec_in_container"
}

error_objects := candidate_external_processes if input.rule == "exec_external"

error_objects := candidate_fragments if input.rule == "load_fragment"
`;
