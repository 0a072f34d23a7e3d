package dev.prism.proxy.plugin;

import dev.prism.link.Hello;
import dev.prism.link.InboundCall;
import dev.prism.link.PluginEnd;
import dev.prism.plugin.v1.InfoResponse;
import dev.prism.plugin.v1.ReadyResponse;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** A plugin process that behaves as {@code TEST_MODE} says; the least that the link asks for. */
public final class TestPlugin {
  private static final int READY = 101;
  private static final int GET_INFO = 103;

  /** An operation whose calls are never answered. */
  static final int HOLD = 2;

  private TestPlugin() {}

  /** Behaves. */
  public static void main(String[] args) throws IOException {
    Map<String, String> environment = new TreeMap<>(System.getenv());
    switch (environment.getOrDefault("TEST_MODE", "")) {
      case "crash" -> end(3, "out of luck");
      case "refuse" -> end(PluginProcess.EXIT_CONFIGURATION, "the file is from a newer version");
      case "tell" -> {
        System.out.println("environment " + environment.keySet());
        System.out.println(
            "option "
                + System.getProperty("prism.test.option")
                + ", "
                + (Runtime.getRuntime().maxMemory() >> 20));
        System.out.println(
            "process "
                + environment.get("PRISM_PROCESS")
                + " plays "
                + environment.get("PRISM_PLUGIN_ROLE"));
      }
      case "deaf" -> Runtime.getRuntime().addShutdownHook(new Thread(TestPlugin::sleepForEver));
      default -> {}
    }
    Thread.ofPlatform().daemon().start(TestPlugin::endWithParent);
    Hello hello = new Hello(Hello.LINK_VERSION, "test", "1.0", Set.of(), 1 << 20, 8 << 20);
    try (PluginEnd end =
        PluginEnd.attach(environment.get("PRISM_LINK"), hello, TestPlugin::answer)) {
      end.run();
    }
  }

  private static void answer(InboundCall call) {
    if (call.header().operation() == HOLD) {
      return;
    }
    call.reply(
        switch (call.header().operation()) {
          case READY -> ReadyResponse.newBuilder().setReady(true).build().toByteArray();
          case GET_INFO ->
              InfoResponse.newBuilder().setName("test").setVersion("1.0").build().toByteArray();
          default -> call.request();
        });
  }

  private static void end(int status, String why) {
    System.err.println("{\"level\":\"ERROR\",\"message\":\"" + why + "\"}");
    System.exit(status);
  }

  private static void endWithParent() {
    try {
      while (System.in.read() >= 0) {
        // nothing is sent
      }
    } catch (IOException e) {
      System.err.println(e);
    }
    Runtime.getRuntime().halt(0);
  }

  private static void sleepForEver() {
    while (true) {
      try {
        Thread.sleep(Long.MAX_VALUE);
      } catch (InterruptedException e) {
        System.err.println("not even then");
      }
    }
  }
}
