package dev.prism.proxy.route;

/** Which of several processes of a backend a call is for. */
public enum Spread {
  /** Any one of them. */
  ONE,
  /** For each receipt that it names the process that leased the delivery. */
  OWNERS,
  /** All of them, and their answers become one. */
  ALL
}
