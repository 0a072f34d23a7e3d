package dev.prism.plugin.kafka;

/**
 * What a process's queues and events share of its cluster: one producer and one administrator.
 * Closed when the last that uses it has let go of it.
 */
final class Connections {
  private final KafkaSettings settings;
  private final Drivers drivers;
  private final Cluster cluster;
  private final Places places;
  private final Publisher publisher;
  private int users;
  private boolean closed;

  Connections(KafkaSettings settings) {
    this.settings = settings;
    this.drivers = new Drivers(settings);
    this.cluster = new Cluster(drivers, settings);
    this.places = new Places(cluster);
    this.publisher = new Publisher(drivers, cluster);
  }

  /** One more uses it; false where it is closed. */
  synchronized boolean retain() {
    if (closed) {
      return false;
    }
    users++;
    return true;
  }

  /** One less uses it. */
  void release() {
    synchronized (this) {
      users--;
      if (users > 0) {
        return;
      }
      closed = true;
    }
    publisher.close();
    cluster.close();
  }

  KafkaSettings settings() {
    return settings;
  }

  Drivers drivers() {
    return drivers;
  }

  Cluster cluster() {
    return cluster;
  }

  Places places() {
    return places;
  }

  Publisher publisher() {
    return publisher;
  }
}
