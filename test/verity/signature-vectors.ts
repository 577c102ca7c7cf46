/**
 * Signatures over one root hash, in base64, for engines that cannot read files. The first is the
 * golden sample (`test/golden/verity/sha256-n129.roothash.p7s`), the others were made by `openssl
 * smime` and `openssl cms` 3.0 with keys that were thrown away.
 */
export interface SignatureVector {
  readonly name: string;
  readonly signatureAlgorithm: "rsa" | "ecdsa";
  readonly digestAlgorithm: "sha256" | "sha512";
  /** DER. */
  readonly certificate: string;
  /** DER. */
  readonly signature: string;
}

export const signedRootHash = "a55663854cde4e780ae25305f683d18f85fc6598b1a5c3c1bf808789d4d4e6b2";

export const signatureVectors: readonly SignatureVector[] = [
  {
    name: "rsa, SHA-256, no attributes",
    signatureAlgorithm: "rsa",
    digestAlgorithm: "sha256",
    certificate: [
      "MIIDEzCCAfugAwIBAgIUf7hG9X22gRHIwuSbd4KJ37ibdoYwDQYJKoZIhvcNAQELBQAwGDEWMBQGA1UEAwwNZ29sZGVuIHZl",
      "cml0eTAgFw0yNjExMjAxMzI0MzJaGA8yMTI2MTAyNzEzMjQzMlowGDEWMBQGA1UEAwwNZ29sZGVuIHZlcml0eTCCASIwDQYJ",
      "KoZIhvcNAQEBBQADggEPADCCAQoCggEBALGz3NDw0031eh+gCyIWtWfkUbmhE1P58/aUYyN5dAoaTpbgbezBU3W7Q6GycPfy",
      "GEzXBpZWFOoiw6kPVp1fHZT5/1TxNalNf1itMdOFzoUVPUedw7dbechD4fRjaAjP+TvAWm9B3LmRb0364AufnGIeo4mEFRj+",
      "FFJoNhCtL6DoiuYMSd/eFX6olYfchqiV722VbcFI6FAxFdm0+IJsJy1EVI1yy5fFezD2F5vIEA6A9ffDnfaAbX1qA0Mk5Kg2",
      "HRuyOmidTB7QMauswT/o9HTdrDd7j7LtkeJrHUsWvqJ8pWX/lWNkLj6QyRHTZE0VKOVjQ1pOnl1sSx9pqeRF8ysCAwEAAaNT",
      "MFEwHQYDVR0OBBYEFJzouzjHxOG1GRJc2rsW2psZ6RPdMB8GA1UdIwQYMBaAFJzouzjHxOG1GRJc2rsW2psZ6RPdMA8GA1Ud",
      "EwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADggEBAAAj8zeSAOJ3e83QPmq1DOkr5N9iGvbgaAH+ucSyiFRQezISmhrMDESe",
      "0Ze8OfmHEytIwxhpPCuJIpsbWBzt/EICs6OyHNRGbNqE4FAWQtnCbHHKswJ+3Keps6n53RAWtqYQvJ7k3SvK0vZhAKMF2561",
      "vRxCjOChiMvAoOHzz4lr8u91mC7/5I5VcYOohffxJDabwOsIej/gGi0Wj2RyTzxrKWwynPyasLs04aCRuaLkte/zKx5bnTYO",
      "IvXsmYvVVMKSgvrZVyOjJS/64AaciK5OqffQizPkqKfUjgMn1SI2p3i8suh70AD3wdhX6OZGUWVdkDVsG2Bz0XGe1gSUWXU=",
    ].join(""),
    signature: [
      "MIIBkwYJKoZIhvcNAQcCoIIBhDCCAYACAQExDzANBglghkgBZQMEAgEFADALBgkqhkiG9w0BBwExggFbMIIBVwIBATAwMBgx",
      "FjAUBgNVBAMMDWdvbGRlbiB2ZXJpdHkCFH+4RvV9toERyMLkm3eCid+4m3aGMA0GCWCGSAFlAwQCAQUAMA0GCSqGSIb3DQEB",
      "AQUABIIBAGJsLm/XIln/Z9h36yiyPm83+Nd4zgQYgP79kdOLHLK1eOkUrLrLta0/QZpvIYWCntTMllECKtjc/jNhGGLIVBFO",
      "ecXhGESjnrRQ3n8EQTXkMBjG2Wn7raCPd8jFGFuAy3ucDnCSK08zp6SHcWU6zsdkW1jGgg/fRo7r93s/m5igXS7vlOpRCpbx",
      "N4HUMVSAUlS5ogHvEM//uQAE/+QeLUvQ66Rp0AosEYhrbjSw+JVSYTyg4kaRDxx3y3CTpwK2ABiyzfYqfxE7NzNIg858qAcB",
      "Yyi9m13V+FtlcsvWibakFcw8QK/ut3paj4tjNnt6l5nvx1z65JhmIkuZNqNjcas=",
    ].join(""),
  },
  {
    name: "P-256, SHA-256, signed attributes",
    signatureAlgorithm: "ecdsa",
    digestAlgorithm: "sha256",
    certificate: [
      "MIIBdTCCARugAwIBAgIUZG/dhGt1YmggFp1152fP9+tHwBkwCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwEcDI1NjAgFw0yNjEx",
      "MjAxNTIyMTdaGA8yMTI2MTAyNzE1MjIxN1owDzENMAsGA1UEAwwEcDI1NjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABAf5",
      "QNl5dVU7E7t9OkPm15UWmm+VkPbUyMOCjaSmLjZ3x+VA3mVHTk4hiB2ThKq1TsWiHO3h0jeMn6TmZrFIay6jUzBRMB0GA1Ud",
      "DgQWBBT6Ln6r0QcBbuBVR6Pqcw+OeJbkSjAfBgNVHSMEGDAWgBT6Ln6r0QcBbuBVR6Pqcw+OeJbkSjAPBgNVHRMBAf8EBTAD",
      "AQH/MAoGCCqGSM49BAMCA0gAMEUCIHRnPWxyVpSobq4KpUNDcFxt5Qt3Ex3hMqr3rM9uyy9GAiEAj+jrDlgaW09piJ0K+IYo",
      "SZq/1n+3f33DaP5J2Sf3Yz4=",
    ].join(""),
    signature: [
      "MIIBNgYJKoZIhvcNAQcCoIIBJzCCASMCAQExDzANBglghkgBZQMEAgEFADALBgkqhkiG9w0BBwExgf8wgfwCAQEwJzAPMQ0w",
      "CwYDVQQDDARwMjU2AhRkb92Ea3ViaCAWnXXnZ8/360fAGTANBglghkgBZQMEAgEFAKBpMBgGCSqGSIb3DQEJAzELBgkqhkiG",
      "9w0BBwEwHAYJKoZIhvcNAQkFMQ8XDTI2MTEyMDE1MjIxN1owLwYJKoZIhvcNAQkEMSIEIA7z7PfR45JEFxjWcgKHWuL+lx+0",
      "d2UC+VuqWC4h/qo6MAoGCCqGSM49BAMCBEgwRgIhANSZ9xPjnkT8tcWA8etzDCGoQ3ORfjehCTerm8BxIMY2AiEAjCeKy5kS",
      "cJCFWJ99z+SiODUsrdrTnKAcpNZiGRPpYcU=",
    ].join(""),
  },
  {
    name: "P-384, SHA-512, no attributes, key identifier",
    signatureAlgorithm: "ecdsa",
    digestAlgorithm: "sha512",
    certificate: [
      "MIIBsjCCATigAwIBAgIUaq/WhWQxr07phzhMXmKjx4p89wswCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwEcDM4NDAgFw0yNjEx",
      "MjAxNTIyMTdaGA8yMTI2MTAyNzE1MjIxN1owDzENMAsGA1UEAwwEcDM4NDB2MBAGByqGSM49AgEGBSuBBAAiA2IABIXjlQdU",
      "AkeHdLgEGPFwKBajpHA0su4+0YOG3COttyQI4vRVqBx3MeCVfl8Oa9UZ6U3Rtkk/nlEJoA2zAlKh1iRGjo1n8WnjxCTWFrEG",
      "SXL5N1vr7a+IouNVrfSwKGMMnaNTMFEwHQYDVR0OBBYEFB/gyvr205gqMT0XcBQfPDw/txXWMB8GA1UdIwQYMBaAFB/gyvr2",
      "05gqMT0XcBQfPDw/txXWMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDaAAwZQIxALdwleHLwR4SJB79vOI3bpHGZf6D",
      "WtgCGR5xFLvFp0AHmsvu/d18lHxpMZAuo22yDAIwI8RkLmQotZs46kA3yX+Gu1wp6sMPhUV71BuUz+TuseB3S6qvys1fhHor",
      "UeIIKV1q",
    ].join(""),
    signature: [
      "MIHSBgkqhkiG9w0BBwKggcQwgcECAQMxDTALBglghkgBZQMEAgMwCwYJKoZIhvcNAQcBMYGfMIGcAgEDgBQf4Mr69tOYKjE9",
      "F3AUHzw8P7cV1jALBglghkgBZQMEAgMwCgYIKoZIzj0EAwQEaDBmAjEAg4sRdUW0EzjwpXdnOQI2VCrmqivA1xWohiQqHptB",
      "UPYCYzfOQq60jdi9oB7Zu46VAjEAysQM+yef38SRpGFzMkJArXNJVpMTsTtVq5ySaxHQFojzTrrzl/pwovzmH9AgnbLN",
    ].join(""),
  },
];
