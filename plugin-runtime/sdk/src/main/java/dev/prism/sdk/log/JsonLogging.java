package dev.prism.sdk.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * Sends all logging to standard error as {@link JsonLines}. Logback finds it as a service: no file
 * to read at the start. What others log through {@code java.util.logging} goes the same way.
 */
public final class JsonLogging extends ContextAwareBase implements Configurator {
  @Override
  public ExecutionStatus configure(LoggerContext context) {
    JsonLines encoder = new JsonLines();
    encoder.setContext(context);
    encoder.start();
    ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
    appender.setName("stderr");
    appender.setTarget("System.err");
    appender.setContext(context);
    appender.setEncoder(encoder);
    appender.start();
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.INFO);
    root.addAppender(appender);
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  /** Adds a field to every line from now on. */
  public static void everyLine(String name, String value) {
    context().putProperty(name, value);
  }

  /** Leaves out what is less severe than this. */
  public static void level(org.slf4j.event.Level level) {
    context()
        .getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)
        .setLevel(Level.convertAnSLF4JLevel(level));
  }

  /** Leaves out what a logger, and those below it, say less severe than this. */
  public static void level(String logger, org.slf4j.event.Level level) {
    context().getLogger(logger).setLevel(Level.convertAnSLF4JLevel(level));
  }

  /** Leaves out all that a logger, and those below it, say. */
  public static void off(String logger) {
    context().getLogger(logger).setLevel(Level.OFF);
  }

  private static LoggerContext context() {
    return (LoggerContext) LoggerFactory.getILoggerFactory();
  }
}
