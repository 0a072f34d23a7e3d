package dev.prism.proxy.session;

/** Sessions of tests that no service has opened. */
public final class OpenSession {
  private OpenSession() {}

  /** A session of namespace {@code default} with one config. */
  public static Session of(BoundConfig config) {
    return SessionTest.session(config);
  }
}
