package dev.prism.proxy.gate;

import dev.prism.proxy.call.RequestHeaders;
import dev.prism.proxy.session.Session;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Finds the session by the token in the metadata. */
public final class Authenticate {
  private final Function<byte @Nullable [], Session> sessions;

  /**
   * @param sessions finds the open session of a token, or throws SESSION_MISSING, SESSION_INVALID
   *     or SESSION_EXPIRED; takes no lock
   */
  public Authenticate(Function<byte @Nullable [], Session> sessions) {
    this.sessions = sessions;
  }

  /**
   * Lets the call pass.
   *
   * @throws dev.prism.status.PrismException SESSION_MISSING, SESSION_INVALID, SESSION_EXPIRED
   */
  public void enter(Passage call) {
    call.belongTo(sessions.apply(call.metadata().get(RequestHeaders.SESSION)));
  }
}
