package dev.prism.proxy.auth;

import dev.prism.proxy.call.RequestHeaders;
import dev.prism.status.PrismException;

/**
 * A way to tell who is calling. Asked once a call of SessionService.CreateSession and of
 * ConfigService, on the call's thread; never on a data call, which has a session.
 */
@FunctionalInterface
public interface Authenticator {
  /** Takes every caller for {@link Principal#ANONYMOUS}. */
  Authenticator ANONYMOUS = headers -> Principal.ANONYMOUS;

  /**
   * Who is calling.
   *
   * @throws PrismException CREDENTIALS_MISSING where there are none, CREDENTIALS_INVALID where they
   *     are not known, ended or malformed; the message does not tell which
   */
  Principal authenticate(RequestHeaders headers);
}
