package dev.prism.proxy.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/** Checks an address to listen on before anything is started. */
final class Listen {
  private Listen() {}

  /**
   * What is wrong with an address, for a person, or null.
   *
   * @param guarded whether callers are authenticated, or the user said that they need not be
   */
  static @Nullable String problem(String address, boolean guarded) {
    if (address.isBlank()) {
      return "server.listen must be an address, such as 127.0.0.1 or 0.0.0.0";
    }
    InetAddress[] resolved;
    try {
      resolved = InetAddress.getAllByName(address);
    } catch (UnknownHostException e) {
      return "server.listen: \"" + address + "\" is no address of this machine, and no known name";
    }
    for (InetAddress each : resolved) {
      if (!each.isLoopbackAddress() && !guarded) {
        return "server.listen is "
            + address
            + ", which others can reach, and nothing asks them who they are: set auth.api_keys: true,"
            + " listen on 127.0.0.1, or say --insecure (server.insecure: true)";
      }
    }
    return null;
  }

  /** Whether only this machine can reach an address; false for what is none. */
  static boolean isLoopback(String address) {
    try {
      return InetAddress.getByName(address).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
