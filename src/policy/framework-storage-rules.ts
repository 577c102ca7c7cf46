/** The framework's rules in Rego: versions, devices, scratch space, overlays, 9p and the points that only a flag decides. */

/** See the head of this file; a module of the package `framework`. */
export const storageRules = `package framework

version := "0.5.0"

default policy_framework_version := null

policy_framework_version := data.policy.framework_version

policy_framework_version := data.policy.framework_svn

default policy_api_version := null

policy_api_version := data.policy.api_version

policy_api_version := data.policy.api_svn

# What is asked of an enforcement point, by the version of the policy.

default enforcement_point_info := {
	"available": false, "default_results": {"allow": false}, "unknown": true,
	"invalid": false, "version_missing": false, "use_framework": false,
}

enforcement_point_info := {
	"available": false, "default_results": {"allow": false}, "unknown": false,
	"invalid": false, "version_missing": true, "use_framework": false,
} if policy_api_version == null

enforcement_point_info := {
	"available": order >= 0, "default_results": point.default_results, "unknown": false,
	"invalid": false, "version_missing": false, "use_framework": point.use_framework,
} if {
	point := data.api.enforcement_points[input.name]
	order := semver.compare(policy_api_version, point.introducedVersion)
}

# Operations on metadata.

adding(name, key, value) := {"name": name, "action": "add", "key": key, "value": value}

updating(name, key, value) := {"name": name, "action": "update", "key": key, "value": value}

removing(name, key) := {"name": name, "action": "remove", "key": key}

# A pattern stands for a whole text: what is missing in front and behind is put there, around no group.

whole_match(pattern, text) if regex.match(concat("", [front(pattern), pattern, back(pattern)]), text)

front(pattern) := "" if startswith(pattern, "^") else := "^"

back(pattern) := "$" if not endswith(pattern, "$") else := ""

# Devices.

device_mounted(target) if data.metadata.devices[target]

device_mounted(target) if data.metadata.rw_devices[target]

policy_layers contains layer if layer := data.policy.containers[_].layers[_]

default deviceHash_ok := false

deviceHash_ok if input.deviceHash in policy_layers

deviceHash_ok if input.deviceHash == data.metadata.issuers[_].feeds[_][_].containers[_].layers[_]

mount_target_ok if whole_match(input.mountPathRegex, input.target)

default mount_device := {"allowed": false}

mount_device := {"allowed": true, "metadata": [adding("devices", input.target, input.deviceHash)]} if {
	not device_mounted(input.target)
	deviceHash_ok
	mount_target_ok
}

default unmount_device := {"allowed": false}

unmount_device := {"allowed": true, "metadata": [removing("devices", input.unmountTarget)]} if {
	data.metadata.devices[input.unmountTarget]
}

scratch_file_system_ok if input.filesystem in ["ext4", "xfs"]

default rw_mount_device := {"allowed": false}

rw_mount_device := {"allowed": true, "metadata": [adding("rw_devices", input.target, true)]} if {
	not device_mounted(input.target)
	encryption_ok
	input.ensureFilesystem
	scratch_file_system_ok
	mount_target_ok
}

encryption_ok if input.encrypted

encryption_ok if allow_unencrypted_scratch

default rw_unmount_device := {"allowed": false}

rw_unmount_device := {"allowed": true, "metadata": [removing("rw_devices", input.unmountTarget)]} if {
	data.metadata.rw_devices[input.unmountTarget]
}

default mount_blockdev := {"allowed": false}

default unmount_blockdev := {"allowed": false}

default scratch_mount := {"allowed": false}

scratch_mount := {
	"allowed": true,
	"metadata": [adding("scratch_mounts", input.target, {"encrypted": input.encrypted})],
} if {
	not data.metadata.scratch_mounts[input.target]
	encryption_ok
}

default scratch_unmount := {"allowed": false}

scratch_unmount := {"allowed": true, "metadata": [removing("scratch_mounts", input.unmountTarget)]} if {
	data.metadata.scratch_mounts[input.unmountTarget]
}

# Overlays. A policy lists layers from the base up, a request from the top down.

layerPaths_ok(layers) if {
	count(input.layerPaths) == count(layers)
	every i, path in input.layerPaths {
		layers[count(layers) - 1 - i] == data.metadata.devices[path]
	}
}

default overlay_exists := false

overlay_exists if data.metadata.matches[input.containerID]

overlay_mounted(target) if data.metadata.overlayTargets[target]

overlay_containers := [container |
	container := candidate_containers[_]
	layerPaths_ok(container.layers)
]

default mount_overlay := {"allowed": false}

mount_overlay := {"allowed": true, "metadata": [
	adding("matches", input.containerID, overlay_containers),
	adding("overlayTargets", input.target, true),
]} if {
	not overlay_exists
	not overlay_mounted(input.target)
	count(overlay_containers) > 0
}

default unmount_overlay := {"allowed": false}

unmount_overlay := {"allowed": true, "metadata": [removing("overlayTargets", input.unmountTarget)]} if {
	overlay_mounted(input.unmountTarget)
}

# 9p.

plan9_mounted(target) if data.metadata.p9mounts[target]

default plan9_mount := {"allowed": false}

plan9_mount := {"allowed": true, "metadata": [adding("p9mounts", input.target, id)]} if {
	not plan9_mounted(input.target)
	some id, _ in data.metadata.matches
	regex.match(concat("", ["^", input.rootPrefix, "/", id, input.mountPathPrefix, "$"]), input.target)
}

default plan9_unmount := {"allowed": false}

plan9_unmount := {"allowed": true, "metadata": [removing("p9mounts", input.unmountTarget)]} if {
	plan9_mounted(input.unmountTarget)
}

# Points that a flag decides.

allow_properties_access := data.policy.allow_properties_access

allow_dump_stacks := data.policy.allow_dump_stacks

allow_runtime_logging := data.policy.allow_runtime_logging

allow_environment_variable_dropping := data.policy.allow_environment_variable_dropping

allow_unencrypted_scratch := data.policy.allow_unencrypted_scratch

default allow_capability_dropping := false

allow_capability_dropping := data.policy.allow_capability_dropping if {
	semver.compare(policy_framework_version, "0.2.2") >= 0
}

default get_properties := {"allowed": false}

get_properties := {"allowed": true} if allow_properties_access

default dump_stacks := {"allowed": false}

dump_stacks := {"allowed": true} if allow_dump_stacks

default runtime_logging := {"allowed": false}

runtime_logging := {"allowed": true} if allow_runtime_logging

default host_network := {"allowed": false}

host_network := {"allowed": true} if data.policy.allow_host_network

# Points of Windows guests, which a Linux guest refuses, and one that no policy opens.

default mount_cims := {"allowed": false}

default registry_changes := {"allowed": false}

default log_provider := {"allowed": false}

default load_transparency_trust_list := {"allowed": false}
`;
