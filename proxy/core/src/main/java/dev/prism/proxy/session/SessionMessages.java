package dev.prism.proxy.session;

import dev.prism.proxy.call.Pages;
import dev.prism.proxy.call.Times;
import java.util.List;

/** What is told of sessions, to their clients and to an administrator. */
public final class SessionMessages {
  private SessionMessages() {}

  /** Everything but the token, as of now. */
  public static dev.prism.session.v1.Session of(Session session, Sessions sessions) {
    Session.Details details = session.details();
    return SessionRecords.message(details)
        .addAllConfigs(details.configs().stream().map(SessionRecords::message).toList())
        .setLastActiveAt(Times.timestamp(sessions.lastActiveAt(session)))
        .setIdleTimeout(Times.message(sessions.idleTimeout()))
        .setOpenStreams(session.openStreams())
        .build();
  }

  /**
   * A page of the open sessions, oldest first.
   *
   * @param namespace empty: all
   * @param size 0: 100, at most 1000
   * @param token empty: the first page
   */
  public static Pages.Page<dev.prism.session.v1.Session> page(
      Sessions sessions, String namespace, int size, String token) {
    List<Session> chosen =
        sessions.list().stream()
            .filter(session -> namespace.isEmpty() || session.namespace().equals(namespace))
            .toList();
    Pages.Page<Session> page = Pages.page(chosen, SessionMessages::order, size, token);
    return new Pages.Page<>(
        page.entries().stream().map(session -> of(session, sessions)).toList(), page.next());
  }

  /** Sorts as time of creation and id do. */
  private static String order(Session session) {
    return Pages.order(session.details().createdAt(), session.id());
  }
}
