package dev.prism.plugin.nats;

import com.google.rpc.Status;
import dev.prism.sdk.queue.Ack;
import dev.prism.sdk.queue.AckResult;
import dev.prism.sdk.queue.Receipt;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Acknowledgements, and how they fared, as bytes between processes of this plugin. */
final class AckCodec {
  private static final byte VERSION = 1;
  private static final int MOST = 1024;

  private static final byte DONE = 1;
  private static final byte AGAIN = 2;
  private static final byte DEAD = 3;
  private static final byte EXTENDED = 4;

  private AckCodec() {}

  /** What another process is asked. */
  record Request(String namespace, List<Ack> acks) {}

  static byte[] request(String namespace, List<Ack> acks) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(VERSION);
      out.writeUTF(namespace);
      out.writeInt(acks.size());
      for (Ack ack : acks) {
        out.writeUTF(ack.receipt().encode(0));
        switch (ack.outcome()) {
          case Ack.Outcome.Done _ -> out.writeByte(DONE);
          case Ack.Outcome.Again(long delayMillis) -> {
            out.writeByte(AGAIN);
            out.writeLong(delayMillis);
          }
          case Ack.Outcome.Dead(String topic, String reason) -> {
            out.writeByte(DEAD);
            out.writeUTF(topic);
            out.writeUTF(reason);
          }
          case Ack.Outcome.Extended(long byMillis) -> {
            out.writeByte(EXTENDED);
            out.writeLong(byMillis);
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory does not fail
    }
    return bytes.toByteArray();
  }

  /**
   * Reads {@link #request(String, List)}'s bytes.
   *
   * @throws IllegalArgumentException where they are none
   */
  static Request request(byte[] bytes) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      check(in.readByte() == VERSION);
      String namespace = in.readUTF();
      int count = in.readInt();
      check(count >= 0 && count <= MOST);
      List<Ack> acks = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        Receipt receipt = Receipt.decode(in.readUTF());
        if (receipt == null) {
          throw new IllegalArgumentException("no receipt");
        }
        acks.add(new Ack(receipt, outcome(in)));
      }
      return new Request(namespace, acks);
    } catch (IOException e) {
      throw new IllegalArgumentException("no acknowledgements", e);
    }
  }

  private static Ack.Outcome outcome(DataInputStream in) throws IOException {
    byte kind = in.readByte();
    return switch (kind) {
      case DONE -> new Ack.Outcome.Done();
      case AGAIN -> new Ack.Outcome.Again(in.readLong());
      case DEAD -> new Ack.Outcome.Dead(in.readUTF(), in.readUTF());
      case EXTENDED -> new Ack.Outcome.Extended(in.readLong());
      default -> throw new IllegalArgumentException("no outcome: " + kind);
    };
  }

  static byte[] results(List<AckResult> results) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(VERSION);
      out.writeInt(results.size());
      for (AckResult result : results) {
        switch (result) {
          case AckResult.Taken(long deadline) -> {
            out.writeInt(0);
            out.writeLong(deadline);
          }
          case AckResult.Failed(Status status) -> {
            byte[] encoded = status.toByteArray();
            out.writeInt(encoded.length);
            out.write(encoded);
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory does not fail
    }
    return bytes.toByteArray();
  }

  /**
   * Reads {@link #results(List)}'s bytes.
   *
   * @throws IllegalArgumentException where they are none
   */
  static List<AckResult> results(byte[] bytes) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      check(in.readByte() == VERSION);
      int count = in.readInt();
      check(count >= 0 && count <= MOST);
      List<AckResult> results = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        int length = in.readInt();
        check(length >= 0 && length <= bytes.length);
        results.add(
            length == 0
                ? new AckResult.Taken(in.readLong())
                : new AckResult.Failed(Status.parseFrom(in.readNBytes(length))));
      }
      return results;
    } catch (IOException e) {
      throw new IllegalArgumentException("no results", e);
    }
  }

  private static void check(boolean holds) {
    if (!holds) {
      throw new IllegalArgumentException("not what this version writes");
    }
  }
}
