/** The framework's rules in Rego: fragments, whose signatures were checked before anything here is asked. */

/** See the head of this file; a module of the package `framework`. */
export const fragmentRules = `package framework

default fragment_framework_version := null

fragment_framework_version := data[input.namespace].framework_version

fragment_framework_version := data[input.namespace].framework_svn

default fragment_containers := []

fragment_containers := data[input.namespace].containers

default fragment_fragments := []

fragment_fragments := data[input.namespace].fragments

default fragment_external_processes := []

fragment_external_processes := data[input.namespace].external_processes

default fragment_platform_rules := []

fragment_platform_rules := data[input.namespace].platform_rules

default fragment_trust_lists := []

fragment_trust_lists := data[input.namespace].transparency_trust_lists

# What may be loaded. A fragment is asked for twice: before its text is read, and with it.

permitted_fragments := [fragment |
	fragment := candidate_fragments[_]
	fragment.issuer == input.issuer
	fragment.feed == input.feed
]

parameters_for(issuer, feed) := array.concat(nested, listed) if {
	nested := [given.parameters |
		given := data.metadata.fragment_parameters[_]
		given.issuer == issuer
		given.feed == feed
	]
	listed := [fragment.parameters |
		fragment := policy_fragments[_]
		fragment.issuer == issuer
		fragment.feed == feed
	]
}

# A parameter's value: the one given, else the default that the fragment states.

extract_parameter(name, given, stated) := given[name]

extract_parameter(name, given, stated) := stated[name]["default"] if not has_member(given, name)

has_member(object, name) if {
	some key, _ in object
	key == name
}

# Security version numbers: of the signed header, of the text, or of both.

svn_ok(svn, minimum_svn) if {
	semver.is_valid(svn)
	semver.is_valid(minimum_svn)
	semver.compare(svn, minimum_svn) >= 0
}

svn_ok(svn, minimum_svn) if to_number(svn) >= to_number(minimum_svn)

text_svn := data[input.namespace].svn if input.fragment_loaded

fragment_svn := input.header_svn if input.has_header_svn

fragment_svn := text_svn if not input.has_header_svn

default svns_differ := false

svns_differ if {
	input.has_header_svn
	to_number(input.header_svn) != to_number(text_svn)
}

header_svn_ok(fragment) if not input.has_header_svn

header_svn_ok(fragment) if {
	input.has_header_svn
	svn_ok(input.header_svn, fragment.minimum_svn)
}

text_svn_ok(fragment) if svn_ok(text_svn, fragment.minimum_svn)

text_svn_ok(fragment) if {
	input.has_header_svn
	not text_svn_given
}

text_svn_given if text_svn != null

receipts_ok(fragment) if {
	every receipt in object.get(fragment, "required_receipts", []) { receipt in input.receipts }
}

fragment_part("containers") := with_defaults("container", fragment_containers, fragment_framework_version)

fragment_part("fragments") := with_defaults("fragment", fragment_fragments, fragment_framework_version)

fragment_part("external_processes") := with_defaults(
	"external_process", fragment_external_processes, fragment_framework_version,
)

fragment_part("platform_rules") := with_defaults(
	"platform_rule", fragment_platform_rules, fragment_framework_version,
)

fragment_part("transparency_trust_lists") := with_defaults(
	"platform_rule", fragment_trust_lists, fragment_framework_version,
)

included_parts(includes) := {kind: part |
	kind := includes[_]
	part := fragment_part(kind)
}

default known_feeds := {}

known_feeds := data.metadata.issuers[input.issuer].feeds

issuer_with(parts) := {"feeds": object.union(known_feeds, {
	input.feed: array.concat([parts], object.get(known_feeds, input.feed, [])),
})}

nested_parameters := [operation |
	fragment := fragment_fragments[_]
	operation := {"name": "fragment_parameters", "type": "set", "action": "add", "value": {
		"issuer": fragment.issuer, "feed": fragment.feed, "parameters": fragment.parameters,
	}}
]

default load_fragment := {"allowed": false}

load_fragment := {"allowed": true, "parameters": parameters_for(fragment.issuer, fragment.feed)} if {
	not input.fragment_loaded
	some fragment in permitted_fragments
	header_svn_ok(fragment)
	receipts_ok(fragment)
}

load_fragment := {
	"allowed": true, "add_module": "namespace" in fragment.includes,
	"metadata": array.concat(
		[updating("issuers", input.issuer, issuer_with(included_parts(fragment.includes)))],
		nested_parameters,
	),
} if {
	input.fragment_loaded
	semver.compare(fragment_framework_version, version) <= 0
	not svns_differ
	some fragment in permitted_fragments
	header_svn_ok(fragment)
	text_svn_ok(fragment)
	receipts_ok(fragment)
}

# Why a fragment is refused.

default fragment_issuer_matches := false

fragment_issuer_matches if candidate_fragments[_].issuer == input.issuer

errors contains "invalid fragment issuer" if {
	input.rule == "load_fragment"
	not fragment_issuer_matches
}

errors contains "invalid fragment feed" if {
	input.rule == "load_fragment"
	fragment_issuer_matches
	count(permitted_fragments) == 0
}

loads_permitted_fragment if {
	input.rule == "load_fragment"
	input.fragment_loaded
	count(permitted_fragments) > 0
}

default fragment_version_is_valid := false

fragment_version_is_valid if svn_ok(fragment_svn, permitted_fragments[_].minimum_svn)

default svn_mismatch := false

svn_mismatch if {
	to_number(fragment_svn)
	semver.is_valid(permitted_fragments[_].minimum_svn)
}

svn_mismatch if {
	semver.is_valid(fragment_svn)
	to_number(permitted_fragments[_].minimum_svn)
}

errors contains "fragment svn is below the specified minimum" if {
	loads_permitted_fragment
	not svn_mismatch
	not fragment_version_is_valid
}

errors contains "fragment svn and the specified minimum are different types" if {
	loads_permitted_fragment
	svn_mismatch
}

errors contains sprintf("svn in header %v does not match svn in fragment rego %v", [input.header_svn, text_svn]) if {
	input.rule == "load_fragment"
	svns_differ
}

errors contains "missing fragment svn in either header or rego payload" if {
	input.rule == "load_fragment"
	input.fragment_loaded
	not input.has_header_svn
	not text_svn_given
}

errors contains concat(" ", ["missing receipt from", receipt]) if {
	input.rule == "load_fragment"
	receipt := permitted_fragments[_].required_receipts[_]
	not receipt in input.receipts
}

errors contains concat(" ", ["fragment framework_version is missing. Current version:", version]) if {
	input.rule == "load_fragment"
	input.fragment_loaded
	fragment_framework_version == null
}

errors contains concat(" ", [
	"fragment framework_version is ahead of the current version:",
	fragment_framework_version, "is greater than", version,
]) if {
	input.rule == "load_fragment"
	input.fragment_loaded
	semver.compare(fragment_framework_version, version) > 0
}
`;
