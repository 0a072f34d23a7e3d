package dev.prism.proxy.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import java.io.OutputStream;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/** Sets up logging in code: a configuration file would be found and parsed at each start. */
public final class Logging {
  private Logging() {}

  /**
   * Sends every log line of this process, those of java.util.logging included, to {@code out} as
   * JSON. Called once, before anything logs.
   *
   * @param level the least level shown, of ours
   */
  public static void start(OutputStream out, Level level) {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    JsonLines encoder = new JsonLines();
    encoder.setContext(context);
    encoder.start();
    OutputStreamAppender<ILoggingEvent> appender = new OutputStreamAppender<>();
    appender.setContext(context);
    appender.setEncoder(encoder);
    appender.setOutputStream(out);
    appender.start();
    Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.WARN);
    root.addAppender(appender);
    context.getLogger("dev.prism").setLevel(level);
    context.getLogger("audit").setLevel(Level.INFO);
    // Stock Helidon logs what the host answers with a status, with stack traces.
    context.getLogger("io.helidon.webserver.grpc").setLevel(Level.OFF);
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
  }
}
