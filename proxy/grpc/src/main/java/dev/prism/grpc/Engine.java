package dev.prism.grpc;

/** What speaks HTTP/2 and gRPC on a socket. */
public enum Engine {
  /** Prism's own, on Helidon's listener: the default. */
  PRISM,
  /** Stock helidon-webserver-grpc: the reference for measurements, on loopback only. */
  HELIDON
}
