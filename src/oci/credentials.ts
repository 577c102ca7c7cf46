/** Who a registry is told we are. */

/** What a registry, or the token server it names, is shown. All of it is secret. */
export type Credential =
  | { readonly kind: "password"; readonly username: string; readonly password: string }
  /** Exchanged at the token server for the token that the registry takes. */
  | { readonly kind: "identity-token"; readonly token: string }
  /** Shown to the registry as it is. */
  | { readonly kind: "registry-token"; readonly token: string };

/** Finds what a registry is shown; `undefined` for nothing. `host` is as in the reference, port included. */
export type CredentialProvider = (host: string) => Promise<Credential | undefined>;
