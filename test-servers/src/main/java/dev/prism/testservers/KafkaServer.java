package dev.prism.testservers;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Kafka: one broker or several, each a process that is broker and controller. Topics are not made
 * by being written to, have one partition unless they ask for more, and have as many copies as
 * there are brokers. Closing it ends it.
 */
public final class KafkaServer implements AutoCloseable {
  /** Of a key that lives as long as the test. */
  private static final String STORE_PASSWORD = "throw-away";

  private static final String BROKERS_VARIABLE = "PRISM_TEST_KAFKA_BROKERS";

  private final List<Broker> brokers;
  private final String addresses;

  private static final class Broker {
    final Path directory;
    final int port;
    final List<String> command;
    ServerProcess process;

    Broker(Path directory, int port, List<String> command) {
      this.directory = directory;
      this.port = port;
      this.command = command;
      this.process = start();
    }

    ServerProcess start() {
      return ServerProcess.start(directory, Map.of(), command, () -> ServerProcess.listens(port));
    }
  }

  private KafkaServer(List<Broker> brokers, String addresses) {
    this.brokers = brokers;
    this.addresses = addresses;
  }

  /**
   * The brokers that {@code PRISM_TEST_KAFKA_BROKERS} names, which are left alone, or else one
   * started in {@code directory}.
   */
  public static KafkaServer forTests(Path directory) {
    String given = System.getenv(BROKERS_VARIABLE);
    return given == null || given.isBlank()
        ? start(directory, 1, Map.of())
        : new KafkaServer(List.of(), given.strip());
  }

  /**
   * Starts brokers on free ports of loopback and waits until they accept connections.
   *
   * @param directory gets a folder for each broker
   * @param settings of every broker, besides and before those that make it run here
   */
  public static KafkaServer start(Path directory, int count, Map<String, String> settings) {
    int[] ports = IntStream.range(0, count * 2).map(i -> ServerProcess.freePort()).toArray();
    String cluster = clusterId();
    String voters =
        IntStream.range(0, count)
            .mapToObj(i -> i + "@127.0.0.1:" + ports[count + i])
            .collect(Collectors.joining(","));
    List<Broker> brokers = new ArrayList<>();
    try {
      List<List<String>> commands = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        Map<String, String> all = settings(i, count, ports[i], ports[count + i], voters);
        all.put("log.dirs", folder(directory, i).resolve("data").toString());
        all.putAll(settings);
        commands.add(format(folder(directory, i), cluster, all));
      }
      // Together: one alone is no majority and would not get ready.
      List<Thread> starting = new ArrayList<>();
      Map<Integer, Broker> started = new TreeMap<>();
      for (int i = 0; i < count; i++) {
        int number = i;
        starting.add(
            Thread.startVirtualThread(
                () -> {
                  Broker broker =
                      new Broker(folder(directory, number), ports[number], commands.get(number));
                  synchronized (started) {
                    started.put(number, broker);
                  }
                }));
      }
      for (Thread thread : starting) {
        thread.join();
      }
      brokers.addAll(started.values());
      if (brokers.size() != count) {
        throw new IllegalStateException("a broker did not start; its log is in " + directory);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    return new KafkaServer(
        brokers,
        IntStream.range(0, count)
            .mapToObj(i -> "127.0.0.1:" + ports[i])
            .collect(Collectors.joining(",")));
  }

  /**
   * Starts one broker that speaks TLS only, and lets in one user by name and password (SASL PLAIN).
   * Its certificate is made for it, for 127.0.0.1, and {@link #authority} is whom to trust.
   */
  public static KafkaServer startSecured(Path directory, String user, String password) {
    Path keys = directory.toAbsolutePath().resolve("broker.p12");
    try {
      Files.createDirectories(directory);
      keytool(
          "-genkeypair",
          "-keystore",
          keys.toString(),
          "-alias",
          "broker",
          "-keyalg",
          "EC",
          "-dname",
          "CN=127.0.0.1",
          "-ext",
          "san=ip:127.0.0.1",
          "-validity",
          "30");
      keytool(
          "-exportcert",
          "-rfc",
          "-keystore",
          keys.toString(),
          "-alias",
          "broker",
          "-file",
          authority(directory).toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("listener.security.protocol.map", "CLIENT:SASL_SSL,CONTROLLER:PLAINTEXT");
    settings.put("sasl.enabled.mechanisms", "PLAIN");
    settings.put("sasl.mechanism.inter.broker.protocol", "PLAIN");
    settings.put(
        "listener.name.client.plain.sasl.jaas.config",
        "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"%1$s\""
                .formatted(user)
            + " password=\"%2$s\" user_%1$s=\"%2$s\";".formatted(user, password));
    for (String store : List.of("ssl.keystore", "ssl.truststore")) {
      settings.put(store + ".type", "PKCS12");
      settings.put(store + ".location", keys.toString());
      settings.put(store + ".password", STORE_PASSWORD);
    }
    return start(directory, 1, settings);
  }

  /** Whom clients of a secured broker have to trust, as a PEM file. */
  public static Path authority(Path directory) {
    return directory.toAbsolutePath().resolve("broker.pem");
  }

  private static void keytool(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments));
    command.addAll(List.of("-storetype", "PKCS12", "-storepass", STORE_PASSWORD));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IllegalStateException(said);
    }
  }

  private static Path folder(Path directory, int number) {
    return directory.toAbsolutePath().resolve("broker-" + number);
  }

  private static String clusterId() {
    UUID uuid = UUID.randomUUID();
    ByteBuffer bytes = ByteBuffer.allocate(16);
    // Without the highest bit the text begins with a letter: a "-" would be taken for an option.
    long high = uuid.getMostSignificantBits() & Long.MAX_VALUE;
    bytes.putLong(high).putLong(uuid.getLeastSignificantBits());
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.array());
  }

  private static Map<String, String> settings(
      int number, int count, int port, int controllerPort, String voters) {
    String copies = Integer.toString(count);
    String inSync = Integer.toString(count > 2 ? 2 : 1);
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("process.roles", "broker,controller");
    settings.put("node.id", Integer.toString(number));
    settings.put("controller.quorum.voters", voters);
    settings.put(
        "listeners", "CLIENT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort);
    settings.put("listener.security.protocol.map", "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    settings.put("inter.broker.listener.name", "CLIENT");
    settings.put("controller.listener.names", "CONTROLLER");
    settings.put("auto.create.topics.enable", "false");
    settings.put("default.replication.factor", copies);
    settings.put("min.insync.replicas", inSync);
    settings.put("offsets.topic.num.partitions", "1");
    settings.put("offsets.topic.replication.factor", copies);
    settings.put("transaction.state.log.num.partitions", "1");
    settings.put("transaction.state.log.replication.factor", copies);
    settings.put("transaction.state.log.min.isr", inSync);
    settings.put("group.initial.rebalance.delay.ms", "0");
    settings.put("log.cleaner.dedupe.buffer.size", "2097152");
    settings.put("num.network.threads", "2");
    settings.put("num.io.threads", "4");
    // A broker that was killed gives up its partitions' leadership after two seconds.
    settings.put("broker.heartbeat.interval.ms", "300");
    settings.put("broker.session.timeout.ms", "2000");
    settings.put("controller.quorum.election.timeout.ms", "500");
    settings.put("controller.quorum.fetch.timeout.ms", "1000");
    settings.put("controlled.shutdown.enable", "false");
    return settings;
  }

  /** Prepares a broker's folder, and gives the command that starts it. */
  private static List<String> format(Path folder, String cluster, Map<String, String> settings)
      throws IOException, InterruptedException {
    Files.createDirectories(folder);
    Path file = folder.resolve("server.properties");
    Files.write(
        file,
        settings.entrySet().stream().map(each -> each.getKey() + "=" + each.getValue()).toList());
    List<String> format = java("-Xmx64m", "-XX:TieredStopAtLevel=1", "kafka.tools.StorageTool");
    format.addAll(List.of("format", "-t", cluster, "-c", file.toString()));
    Process process =
        new ProcessBuilder(format)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("format.log").toFile())
            .start();
    if (process.waitFor() != 0) {
      throw new IllegalStateException(Files.readString(folder.resolve("format.log")));
    }
    List<String> command = java("-Xms32m", "-Xmx256m", "kafka.Kafka");
    command.add(file.toString());
    return command;
  }

  private static List<String> java(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-Dlog4j2.level=WARN"));
    try (var files = Files.list(MavenFolder.gathered("kafka"))) {
      command.add("-cp");
      command.add(
          files
              .map(Path::toString)
              .filter(each -> each.endsWith(".jar"))
              .sorted()
              .collect(Collectors.joining(File.pathSeparator)));
    }
    command.addAll(List.of(arguments));
    return command;
  }

  /** Where clients find it: {@code HOST:PORT,...}. */
  public String addresses() {
    return addresses;
  }

  /** The process of a broker, numbered from 0; not of one that the environment named. */
  public ServerProcess broker(int number) {
    return brokers.get(number).process;
  }

  /** Starts a broker again that was killed or closed, on its port and files. */
  public void startAgain(int number) {
    brokers.get(number).process = brokers.get(number).start();
  }

  @Override
  public void close() {
    brokers.forEach(each -> each.process.kill());
  }
}
